import { describe, expect, it } from 'vitest'
import { crowdsFor, roomOf } from './crowds.ts'
import { CROWD, drawing, type Crowds } from './fold.ts'
import { showsWhole } from './fit.ts'
import { layered } from './layered.ts'
import { bounds } from './layout.ts'
import type { Graph, GraphNode } from './model.ts'

const c = (name: string) => `component:default/${name}`
const node = (name: string, owner: string): GraphNode => ({
  ref: c(name),
  kind: 'component',
  namespace: 'default',
  name,
  owner: `group:default/${owner}`,
  depth: 0,
  more: 0,
  found: true,
})

/** A hub with so many users, and so many users of those, of so many teams. */
function hub(near: number, far: number, teams: number, systems = 0): Graph {
  const all = (name: string, n: number) =>
    Array.from({ length: n }, (_, i) => ({
      ...node(`${name}-${String(i)}`, String(i % teams)),
      ...(systems > 0 ? { system: `system:default/${String(i % systems)}` } : {}),
    }))
  const [users, others] = [all('near', near), all('far', far)]
  const uses = (from: string, to: string) => ({ from, to, type: 'dependsOn' })
  return {
    revision: 1,
    nodes: [node('hub', 'x'), ...users, ...others],
    edges: [
      ...users.map(({ ref }) => uses(ref, c('hub'))),
      ...others.map(({ ref }, i) => uses(ref, c(`near-${String(i % near)}`))),
    ],
    relations: [],
    omitted: 0,
  }
}

const laptop = roomOf({ innerWidth: 1440, innerHeight: 900 })
const roots = [c('hub')]
const first = (graph: Graph, crowds: Crowds) => drawing(graph, { roots, open: [], crowds })

describe('what is drawn as one at first', () => {
  it('is nothing where all of it can be read', () => {
    expect(crowdsFor(hub(8, 6, 3), roots, true, laptop)).toBe('none')
  })

  it('is what is further away, and all that is near stands by itself', () => {
    const graph = hub(12, 80, 4)
    const crowds = crowdsFor(graph, roots, true, laptop)
    expect(crowds).toBe('far by team')
    const { boxes } = first(graph, crowds)
    expect(boxes.filter((box) => box.members.length === 0)).toHaveLength(13)
    const crowd = boxes.flatMap(({ bunch, members }) =>
      bunch ? [`${bunch.owner ?? ''} ${String(members.length)}`] : [],
    )
    expect(crowd.sort()).toEqual(['0', '1', '2', '3'].map((team) => `group:default/${team} 20`))
  })

  it.each([
    [10, 190, 40],
    [60, 140, 6],
    [100, 100, 100],
    [199, 0, 3],
  ])('leaves a first view that is read whole, of %i near and %i far of %i teams', (near, far, teams) => {
    const graph = hub(near, far, teams)
    const crowds = crowdsFor(graph, roots, true, laptop)
    const { boxes, folded } = first(graph, crowds)
    expect(boxes.length).toBeLessThanOrEqual(CROWD)
    expect(boxes.filter((box) => box.members.length === 0).length + folded).toBe(near + far + 1)
    expect(showsWhole(laptop, bounds(layered(first(graph, crowds), true)))).toBe(true)
  })

  it('is folded further where its lines would be a web', () => {
    const graph = hub(30, 170, 7)
    const crowds = crowdsFor(graph, roots, false, laptop)
    expect(first(graph, 'far by team').wires.length).toBeGreaterThan(150)
    expect(crowds).toBe('far by kind')
    expect(first(graph, crowds).wires).toHaveLength(60)
  })

  it('is less on a larger screen', () => {
    const graph = hub(20, 20, 9, 7)
    expect(crowdsFor(graph, roots, true, laptop)).not.toBe('none')
    expect(crowdsFor(graph, roots, true, roomOf({ innerWidth: 2560, innerHeight: 1440 }))).toBe('none')
  })

  it('does not change when one crowd is opened', () => {
    const graph = hub(12, 80, 4)
    const crowds = crowdsFor(graph, roots, true, laptop)
    const [one, ...others] = first(graph, crowds).boxes.filter((box) => box.bunch)
    const { boxes } = drawing(graph, { roots, open: [one?.id ?? ''], crowds })
    expect(boxes.filter((box) => box.bunch).map((box) => box.id)).toEqual(others.map((box) => box.id))
    for (const { ref } of one?.members ?? []) expect(boxes.some((box) => box.id === ref)).toBe(true)
  })
})
