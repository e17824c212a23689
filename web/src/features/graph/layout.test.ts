import ELK from 'elkjs/lib/elk.bundled.js'
import { describe, expect, it } from 'vitest'
import { drawing, type Drawing } from './fold.ts'
import { anchored, bounds, kept, layoutInput, NODE, pathsOf, placedFrom, type Placed } from './layout.ts'
import type { GraphNode } from './model.ts'
import { cut, svgOf, text, type Picture } from './svg.ts'
import { walk } from './walk.ts'

const elk = new ELK()
const node = (name: string, system?: string): GraphNode => ({
  ref: `component:default/${name}`,
  kind: 'component',
  namespace: 'default',
  name,
  depth: 0,
  more: 0,
  found: true,
  ...(system ? { system: `system:default/${system}` } : {}),
})
const id = (name: string) => `component:default/${name}`

function draw(nodes: GraphNode[], ...edges: [string, string][]): Drawing {
  const all = edges.map(([from, to]) => ({ from: id(from), to: id(to), type: 'dependsOn' }))
  return drawing({ revision: 1, nodes, edges: all, relations: [], omitted: 0 }, { roots: [], open: [] })
}

async function lay(what: Drawing, grouped = true, before?: Placed): Promise<Placed> {
  return placedFrom(await elk.layout(layoutInput(what, grouped, before?.at)))
}

const chain = draw([node('a', 's'), node('b', 's'), node('c')], ['a', 'b'], ['b', 'c'])

describe('layout', () => {
  it('reads from the user to what it needs', async () => {
    const { at } = await lay(chain)
    const x = (name: string) => at.get(id(name))?.x ?? NaN
    expect(x('a') + NODE.width).toBeLessThan(x('b'))
    expect(x('b') + NODE.width).toBeLessThan(x('c'))
  })

  it('puts a system around what is in it, and around nothing else', async () => {
    const { at, regions } = await lay(chain)
    const region = regions.get('system:default/s')
    if (!region) throw new Error('there is no region')
    const within = (name: string) => {
      const p = at.get(id(name))
      return (
        p !== undefined &&
        p.x > region.x &&
        p.y > region.y &&
        p.x + NODE.width < region.x + region.width &&
        p.y + NODE.height < region.y + region.height
      )
    }
    expect([within('a'), within('b'), within('c')]).toEqual([true, true, false])
    expect((await lay(chain, false)).regions.size).toBe(0)
  })

  it('leaves no two boxes on each other at 200', async () => {
    const nodes = Array.from({ length: 200 }, (_, i) => node(`n${String(i)}`, i % 3 ? `s${String(i % 7)}` : undefined))
    const edges = nodes.slice(1).map((_, i): [string, string] => [`n${String(i + 1)}`, `n${String(Math.floor(i / 3))}`])
    // As it would be drawn if everything was opened.
    const all = drawing(
      {
        revision: 1,
        nodes,
        edges: edges.map(([a, b]) => ({ from: id(a), to: id(b), type: 'dependsOn' })),
        relations: [],
        omitted: 0,
      },
      { roots: [], open: nodes.map((n) => n.ref) },
    )
    expect(all.boxes).toHaveLength(200)
    const points = [...(await lay(all)).at.values()]
    expect(points).toHaveLength(200)
    const clash = points.some((p, i) =>
      points.slice(i + 1).some((q) => Math.abs(p.x - q.x) < NODE.width && Math.abs(p.y - q.y) < NODE.height),
    )
    expect(clash).toBe(false)
    // It is laid out in this process and without haste.
  }, 60_000)

  it('a circle is drawn, too', async () => {
    const ring = draw([node('a'), node('b')], ['a', 'b'], ['b', 'a'])
    const paths = pathsOf(ring, await lay(ring))
    expect([...paths.values()].every((d) => d.startsWith('M') && !d.includes('NaN'))).toBe(true)
  })
})

describe('positions of what is known', () => {
  it('stay, and what is new stands in the column of its side', async () => {
    const before = await lay(chain)
    const grown = draw(
      [node('a', 's'), node('b', 's'), node('c'), node('d'), node('u')],
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
      ['u', 'c'],
    )
    const after = kept(grown, true, before)
    if (!after) throw new Error('it was not kept')
    for (const name of ['a', 'b', 'c']) expect(after.at.get(id(name))).toEqual(before.at.get(id(name)))
    const [c, d, u] = ['c', 'd', 'u'].map((name) => after.at.get(id(name)))
    expect(d?.x).toBeGreaterThan((c?.x ?? NaN) + NODE.width)
    expect(u?.x).toBeLessThan(c?.x ?? NaN)
    expect(after.kept).toBe(true)
  })

  it('are given up where much is new or a region would cover a stranger', async () => {
    const before = await lay(chain)
    const many = Array.from({ length: 20 }, (_, i) => node(`x${String(i)}`))
    expect(
      kept(draw([node('c'), ...many], ...many.map((n): [string, string] => [n.name, 'c'])), true, before),
    ).toBeUndefined()
    const swallowed = draw([node('a', 's'), node('b'), node('c', 's')], ['a', 'b'], ['b', 'c'])
    const row: Placed = {
      at: new Map([
        [id('a'), { x: 0, y: 0 }],
        [id('b'), { x: 240, y: 0 }],
        [id('c'), { x: 480, y: 0 }],
      ]),
      regions: new Map(),
      corners: new Map(),
      kept: false,
    }
    expect(kept(swallowed, true, row)).toBeUndefined()
    expect(kept(swallowed, false, row)).toBeDefined()
  })

  it('after a new layout the chosen box is where it was', async () => {
    const before = new Map([[id('b'), { x: 1000, y: -500 }]])
    const after = anchored(await lay(chain), id('b'), before)
    expect(after.at.get(id('b'))).toEqual({ x: 1000, y: -500 })
    expect(bounds(after).x).toBeGreaterThan(500)
  })
})

it('a line goes around a box that stands in its way', async () => {
  const long = draw([node('a'), node('b'), node('c')], ['a', 'b'], ['b', 'c'], ['a', 'c'])
  const placed = await lay(long, false)
  placed.at.set(id('b'), { x: 240, y: 0 }).set(id('a'), { x: 0, y: 0 }).set(id('c'), { x: 480, y: 0 })
  const wire = long.wires.find((w) => w.from === id('a') && w.to === id('c'))
  placed.corners.set(wire?.id ?? '', [
    { x: 178, y: 23 },
    { x: 220, y: 80 },
    { x: 440, y: 80 },
    { x: 480, y: 23 },
  ])
  const paths = pathsOf(long, placed)
  expect(paths.get(wire?.id ?? '')).toContain('Q220 80')
  expect(paths.get(long.wires[0]?.id ?? '')).toMatch(/^M178 23C/)
})

it('arrows walk along lines and down columns', async () => {
  const fork = draw([node('a'), node('b'), node('c'), node('d')], ['a', 'b'], ['a', 'c'], ['b', 'd'])
  const { at } = await lay(fork, false)
  const go = (from: string, arrow: Parameters<typeof walk>[1]) => walk(id(from), arrow, at, fork.wires)
  expect(go('b', 'ArrowLeft')).toBe(id('a'))
  expect(go('b', 'ArrowRight')).toBe(id('d'))
  expect(go('d', 'ArrowRight')).toBeUndefined()
  const [upper, lower] = (at.get(id('b'))?.y ?? 0) < (at.get(id('c'))?.y ?? 0) ? ['b', 'c'] : ['c', 'b']
  expect(go(upper, 'ArrowDown')).toBe(id(lower))
  expect(go(lower, 'ArrowUp')).toBe(id(upper))
})

describe('the picture', () => {
  const picture = async (words: Picture['words']): Promise<string> =>
    svgOf({
      drawing: chain,
      placed: await lay(chain),
      roots: [id('a')],
      palette: {
        surface: 'white',
        ground: 'ivory',
        lineStrong: 'silver',
        lineControl: 'gray',
        text: 'black',
        text3: 'gray',
        bad: 'red',
        kind: () => 'blue',
      },
      words,
      systemName: () => 'System <S>',
      measure: (t, size) => t.length * size * 0.6,
      title: 'A "title" & more',
    }).svg

  it('is well formed whatever it is called', async () => {
    const svg = await picture(() => ['</text><script>x</script>\u0000', 'a & b'])
    expect(svg).not.toContain('<script')
    expect(svg).not.toContain('\u0000')
    expect(svg).toContain('System &lt;S&gt;')
    expect(svg).toContain('<title>A &quot;title&quot; &amp; more</title>')
    expect((svg.match(/<text /g) ?? []).length).toBe((svg.match(/<\/text>/g) ?? []).length)
    expect(svg).not.toMatch(/var\(|oklch|foreignObject|NaN|undefined/)
  })

  it('cuts a name that has no room', () => {
    const width = (t: string) => [...t].length
    expect(cut('short', 5, width)).toBe('short')
    expect(cut('much too long', 6, width)).toBe('much…')
    expect(cut('支払いと返金を処理', 4, width)).toBe('支払い…')
    expect(text('a<b')).toBe('a&lt;b')
  })
})
