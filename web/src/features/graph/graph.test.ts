import { describe, expect, it } from 'vitest'
import { CROWD, drawing } from './fold.ts'
import {
  oneStepCount,
  parseGraphPageSearch,
  parseGraphSearch,
  relationsShown,
  usualRelations,
  withRelation,
} from './graph-search.ts'
import { betweenSystems, insideOf } from './inside.ts'
import {
  countsOf,
  impactOf,
  merged,
  needOf,
  near,
  stepsFrom,
  wayTo,
  type Graph,
  type GraphEdge,
  type GraphNode,
} from './model.ts'
import { everything, sharedWords, stepsOf, wayRelations } from './way.ts'
import { captionWords, declaredAt, impactWords, mapCaption, oneStepWords } from './words.ts'

const node = (ref: string, more: Partial<GraphNode> = {}): GraphNode => ({
  ref,
  kind: ref.slice(0, ref.indexOf(':')),
  namespace: 'default',
  name: ref.slice(ref.indexOf('/') + 1),
  depth: 0,
  more: 0,
  found: true,
  ...more,
})
const c = (name: string) => `component:default/${name}`
const api = (name: string) => `api:default/${name}`
const edge = (from: string, type: string, to: string): GraphEdge => ({ from, to, type })
const graph = (nodes: GraphNode[], edges: GraphEdge[]): Graph => ({
  revision: 1,
  nodes,
  edges,
  relations: [],
  omitted: 0,
})

/** booking calls payments.v2, which pay provides; pay needs db; a page needs booking. */
const small = graph(
  [c('booking'), api('payments.v2'), c('pay'), c('db'), c('page')].map((ref) => node(ref)),
  [
    edge(c('booking'), 'consumesApi', api('payments.v2')),
    edge(c('pay'), 'providesApi', api('payments.v2')),
    edge(c('pay'), 'dependsOn', c('db')),
    edge(c('page'), 'dependsOn', c('booking')),
  ],
)

describe('who needs whom', () => {
  it('an API needs the component that provides it, whichever way it is written', () => {
    const need = { user: api('a'), needed: c('b') }
    expect(needOf(edge(c('b'), 'providesApi', api('a')))).toEqual(need)
    expect(needOf(edge(api('a'), 'providesApi', c('b')))).toEqual(need)
  })

  it('what breaks is followed through the APIs that it provides', () => {
    const { steps, edges } = impactOf(small, [c('pay')], 'users')
    expect([...steps]).toEqual([
      [api('payments.v2'), 1],
      [c('booking'), 2],
      [c('page'), 3],
    ])
    expect(edges.size).toBe(3)
  })

  it('what it breaks with goes the other way', () => {
    expect([...impactOf(small, [c('booking')], 'needs').steps.keys()]).toEqual([api('payments.v2'), c('pay'), c('db')])
  })

  it('a failure does not travel along ownership, but a team that goes takes its things along', () => {
    const owned = graph([node(c('a')), node('group:default/t')], [edge(c('a'), 'ownedBy', 'group:default/t')])
    expect(impactOf(owned, [c('a')], 'needs').steps.size).toBe(0)
    expect(impactOf(owned, ['group:default/t'], 'users').steps.size).toBe(1)
  })

  it("a relation of one's own is felt where it ends, and no further", () => {
    const own = graph(
      ['a', 'b', 'd', 'e'].map((name) => node(c(name))),
      [edge(c('b'), 'runsOn', c('a')), edge(c('d'), 'dependsOn', c('b')), edge(c('e'), 'runsOn', c('d'))],
    )
    expect([...impactOf(own, [c('a')], 'users').steps.keys()]).toEqual([c('b')])
    expect([...impactOf(own, [c('b')], 'users').steps.keys()]).toEqual([c('d')])
    expect([...impactOf(own, [c('d')], 'needs').steps.keys()]).toEqual([c('b')])
  })

  it('a circle of needs ends', () => {
    const ring = graph(
      [node(c('a')), node(c('b'))],
      [edge(c('a'), 'dependsOn', c('b')), edge(c('b'), 'dependsOn', c('a'))],
    )
    expect([...impactOf(ring, [c('a')], 'users').steps]).toEqual([[c('b'), 1]])
  })

  it('near are users of users and needs of needs, not what else uses the same', () => {
    const shared = graph([...small.nodes, node(c('other'))], [...small.edges, edge(c('other'), 'dependsOn', c('db'))])
    const refs = (g: Graph) => g.nodes.map((n) => n.ref)
    expect(refs(near(shared, [c('pay')], { side: 'needs', depth: 2 }))).toEqual([c('pay'), c('db')])
    const both = near(shared, [c('pay')], { depth: 2 })
    expect(refs(both)).toEqual([c('booking'), api('payments.v2'), c('pay'), c('db')])
    expect(both.nodes.map((n) => n.more)).toEqual([1, 0, 0, 1])
    expect(refs(near(shared, [c('pay')], { depth: 2, keep: [c('other')] }))).toContain(c('other'))
  })
})

describe('several answers', () => {
  it('become one, and count as hidden what none of them has', () => {
    const first = graph([node(c('a')), node(c('b'), { more: 3 })], [edge(c('a'), 'dependsOn', c('b'))])
    const second = graph(
      [node(c('b')), node(c('x'), { more: 1 }), node(c('a'))],
      [edge(c('b'), 'dependsOn', c('x')), edge(c('a'), 'dependsOn', c('b'))],
    )
    const all = merged([first, second])
    expect(all.nodes.map((n) => [n.ref, n.more])).toEqual([
      [c('a'), 0],
      [c('b'), 0],
      [c('x'), 1],
    ])
    expect(all.edges).toHaveLength(2)
  })

  it('an answer that came before its neighbours counts them down', () => {
    const first = graph([node(c('a')), node(c('b'), { more: 3 })], [edge(c('a'), 'dependsOn', c('b'))])
    const other = graph([node(c('x'))], [])
    const third = graph([node(c('x')), node(c('b'), { more: 5 })], [edge(c('x'), 'dependsOn', c('b'))])
    expect(merged([first, other, third]).nodes.find((n) => n.ref === c('b'))?.more).toBe(2)
  })
})

it('the shortest way to each entity is known, with its relations', () => {
  const steps = stepsFrom(small, [c('pay')])
  expect(steps.get(c('page'))).toMatchObject({ steps: 3, via: c('booking') })
  expect(wayTo(steps, c('booking')).map((e) => e.type)).toEqual(['providesApi', 'consumesApi'])
  expect(wayTo(steps, c('pay'))).toEqual([])
})

describe('folding', () => {
  const members = (system: string, n: number) =>
    Array.from({ length: n }, (_, i) => node(c(`${system}-${String(i)}`), { system: `system:default/${system}` }))
  const crowd = graph(
    [node(c('root')), ...members('big', 40), ...members('mid', 25), ...members('small', 10)],
    [
      edge(c('root'), 'dependsOn', c('big-0')),
      edge(c('root'), 'consumesApi', c('big-1')),
      edge(c('big-0'), 'dependsOn', c('mid-0')),
    ],
  )

  it('folds the largest systems until it is readable, and no more', () => {
    const { boxes, folded, wires } = drawing(crowd, { roots: [c('root')], open: [] })
    expect(folded).toBe(40)
    expect(boxes).toHaveLength(37)
    expect(boxes.length).toBeLessThanOrEqual(CROWD)
    expect(boxes.find((b) => b.ref === 'system:default/big')?.members).toHaveLength(40)
    expect(wires.map((w) => [w.from, w.to, w.edges.length])).toEqual([
      [c('root'), 'fold system:default/big', 2],
      ['fold system:default/big', c('mid-0'), 1],
    ])
  })

  it('opens what was opened by hand, and folds others instead', () => {
    const { boxes } = drawing(crowd, { roots: [c('root')], open: ['system:default/big'] })
    expect(boxes.filter((b) => b.members.length > 0).map((b) => b.ref)).toEqual(['system:default/mid'])
  })

  it('never folds the root', () => {
    const all = graph(members('one', 90), [])
    const { boxes } = drawing(all, { roots: [c('one-3')], open: [] })
    expect(boxes.map((b) => b.id)).toEqual([c('one-3'), 'fold system:default/one'])
  })

  it('draws many that stand alike as one, and what was taken out by itself', () => {
    const users = Array.from({ length: 90 }, (_, i) => node(c(`user-${String(i)}`), { owner: 'group:default/x' }))
    const flat = graph(
      [node(c('hub')), ...users],
      users.map(({ ref }) => edge(ref, 'dependsOn', c('hub'))),
    )
    const one = drawing(flat, { roots: [c('hub')], open: [] })
    expect(one.boxes.map((b) => b.members.length)).toEqual([0, 90])
    const bunch = one.boxes[1]
    expect(bunch?.bunch).toEqual({ owner: 'group:default/x' })
    expect(one.wires.map((w) => [w.from, w.to, w.edges.length])).toEqual([[bunch?.id, c('hub'), 90]])
    const taken = drawing(flat, { roots: [c('hub')], open: [c('user-7')] })
    expect(taken.boxes.map((b) => [b.id, b.members.length])).toEqual([
      [c('hub'), 0],
      [c('user-7'), 0],
      [bunch?.id, 89],
    ])
    expect(drawing(flat, { roots: [c('hub')], open: [bunch?.id ?? ''] }).boxes).toHaveLength(91)
  })

  it('draws those of a team that are as far away as one, where no two have the same neighbours', () => {
    const users = Array.from({ length: 80 }, (_, i) =>
      node(c(`u-${String(i)}`), { owner: `group:default/${String(i % 2)}` }),
    )
    const more = users.map(({ ref }) => edge(ref, 'dependsOn', ref.replace('u-', 'far-')))
    const far = users.map(({ ref }) => node(ref.replace('u-', 'far-')))
    const wide = graph(
      [node(c('hub')), ...users, ...far],
      [...users.map(({ ref }) => edge(ref, 'dependsOn', c('hub'))), ...more],
    )
    const { boxes } = drawing(wide, { roots: [c('hub')], open: [] })
    expect(boxes.map((b) => b.members.length).sort((a, b) => a - b)).toEqual([0, 40, 40, 80])
  })

  it('a map folds every system, with what it says of itself', () => {
    const { boxes } = drawing(graph([...members('a', 1), node('system:default/a')], []), {
      roots: [],
      open: [],
      all: true,
    })
    expect(boxes).toHaveLength(1)
    expect(boxes[0]?.members).toHaveLength(1)
  })
})

it('the inside of a system is its parts and their neighbours', () => {
  const system = 'system:default/pay'
  const { graph: within, inside } = insideOf(
    graph(
      [system, c('pay'), c('db'), c('far'), c('user'), 'domain:default/d'].map((ref) => node(ref)),
      [
        edge(c('pay'), 'partOf', system),
        edge(system, 'partOf', 'domain:default/d'),
        edge(c('pay'), 'dependsOn', c('db')),
        edge(c('user'), 'dependsOn', c('pay')),
        edge(c('user'), 'dependsOn', c('far')),
      ],
    ),
    [system],
  )
  expect([...inside]).toEqual([c('pay')])
  expect(within.nodes.map((n) => n.ref)).toEqual([c('pay'), c('db'), c('user')])
  expect(within.edges).toHaveLength(2)
})

it('between systems stands no domain that they are part of', () => {
  const [pay, book, domain] = ['system:default/pay', 'system:default/book', 'domain:default/d']
  const { nodes, edges } = betweenSystems(
    graph(
      [pay, book, domain].map((ref) => node(ref)),
      [edge(pay, 'partOf', domain), edge(book, 'dependsOn', pay)],
    ),
  )
  expect(nodes.map((n) => n.ref)).toEqual([pay, book])
  expect(edges).toEqual([edge(book, 'dependsOn', pay)])
  expect(mapCaption(12, 0)).toBe('12 entities are inside of the systems.')
  expect(mapCaption(0, 1)).toBe(' 1 more is left out: the nearest come first.')
})

describe('a way', () => {
  const answer = (refs: string[], edges: GraphEdge[]) => ({ nodes: refs.map((ref) => node(ref)), edges })
  const team = 'group:default/t'

  it('says what both belong to, and nothing of that where one uses the other', () => {
    const owned = answer([c('a'), team, c('b')], [edge(c('a'), 'ownedBy', team), edge(c('b'), 'ownedBy', team)])
    expect(sharedWords(owned, (n) => n.name)).toBe('Both are owned by t.')
    const used = answer(
      [c('a'), c('x'), c('b')],
      [edge(c('a'), 'dependsOn', c('x')), edge(c('b'), 'dependsOn', c('x'))],
    )
    expect(sharedWords(used, (n) => n.name)).toBeUndefined()
    const mixed = answer([c('a'), team, c('b')], [edge(c('a'), 'ownedBy', team), edge(c('b'), 'partOf', team)])
    expect(sharedWords(mixed, (n) => n.name)).toBeUndefined()
  })

  it('is told a step at a time, whichever way the relations point', () => {
    const steps = stepsOf(
      answer(
        [c('a'), c('b'), c('d')],
        [edge(c('b'), 'dependsOn', c('a')), edge(c('b'), 'dependsOn', c('d')), edge(c('d'), 'consumesApi', c('b'))],
      ),
    )
    expect(steps.map((s) => [s.to.ref, s.edges.length])).toEqual([
      [c('b'), 1],
      [c('d'), 2],
    ])
  })

  it('goes along everything where all that is offered is chosen', () => {
    expect(everything(wayRelations)).toBe(true)
    expect(everything(wayRelations.slice(1))).toBe(false)
    expect(everything(undefined)).toBe(false)
  })
})

it('relations are counted as they are drawn, and around where they are not', () => {
  const counted = countsOf({
    edges: [edge(c('a'), 'dependsOn', c('b'))],
    relations: [
      { type: 'dependsOn', count: 500 },
      { type: 'ownedBy', count: 3 },
    ],
  })
  expect(counted).toEqual([
    { type: 'dependsOn', count: 1 },
    { type: 'ownedBy', count: 3 },
  ])
})

describe('the address', () => {
  it('holds what is not the default, and nothing else', () => {
    expect(parseGraphSearch({ view: 'table', depth: '3', side: 'users', rel: 'partOf', group: 'off' })).toEqual({
      view: 'table',
      depth: 3,
      side: 'users',
      rel: ['partOf'],
      group: 'off',
    })
    expect(parseGraphSearch({ view: 'x', depth: '2', side: 'both', rel: '', group: 'on', impact: '?' })).toEqual({})
  })

  it('holds what a way is asked for, and whose systems a map begins with', () => {
    expect(
      parseGraphPageSearch({ from: 'component:default/A', to: 'b', way: 'along', not: 'api:default/X', of: 'all' }),
    ).toEqual({ from: 'component:default/a', to: 'b', way: 'along', not: ['api:default/x'], of: 'all' })
    expect(parseGraphPageSearch({ way: 'back', of: 'hers' })).toEqual({})
  })

  it('understands the parameters of Backstage', () => {
    expect(
      parseGraphPageSearch({
        'rootEntityRefs[]': ['component:default/A', 'api:default/b'],
        maxDepth: '1',
        'selectedRelations[]': ['ownerOf', 'ownedBy', 'dependencyOf'],
        'selectedKinds[]': ['Component', 'API'],
        unidirectional: 'true',
        mergeRelations: 'true',
        direction: 'LR',
        showFilters: 'true',
      }),
    ).toEqual({
      ref: ['component:default/a', 'api:default/b'],
      depth: 1,
      rel: ['ownedBy', 'dependsOn'],
      kinds: ['component', 'api'],
    })
    expect(parseGraphPageSearch({ maxDepth: 'Infinity' }).depth).toBe('all')
    expect(parseGraphPageSearch({ maxDepth: '7' }).depth).toBe('all')
    expect(parseGraphPageSearch({ ref: 'a', maxDepth: 'x' })).toEqual({ ref: ['a'] })
  })

  it('a relation that is switched off and on again leaves no trace', () => {
    const usual = usualRelations([c('a')], ['ownedBy', 'runsOn', 'apiProvidedBy'])
    expect(usual).toEqual(['dependsOn', 'consumesApi', 'providesApi', 'runsOn'])
    const without = withRelation({}, usual, 'dependsOn')
    expect(relationsShown(without, usual)).toEqual(['consumesApi', 'providesApi', 'runsOn'])
    expect(withRelation(without, usual, 'dependsOn').rel).toBeUndefined()
    expect(relationsShown(withRelation({ rel: ['partOf'] }, usual, 'partOf'), usual)).toEqual([])
  })
})

describe('words', () => {
  it('count what is drawn, folded and left out', () => {
    expect(captionWords({ shown: 18, folded: 2, omitted: 0, depth: 2 })).toBe(
      '18 entities within two steps, 2 of them folded.',
    )
    expect(captionWords({ shown: 1, folded: 0, omitted: 4, depth: 'all' })).toBe(
      '1 entity within any number of steps. 4 more are left out: the nearest come first.',
    )
  })

  it('say what breaks', () => {
    const impact = impactOf(small, [c('pay')], 'users')
    expect(impactWords('pay', small, [c('pay')], impact, 'users')).toEqual({
      strong: '3 entities in all',
      rest: 'feel it if pay goes: 1 is an API that it provides and 2 are further away',
    })
    expect(impactWords('pay', { ...small, omitted: 9 }, [c('pay')], impact, 'users').strong).toBe(
      'At least 3 entities in all',
    )
    const none = { steps: new Map<string, number>(), edges: new Set<string>() }
    expect(impactWords('x', small, [c('x')], none, 'users').strong).toBe('Nothing breaks')
    const needs = impactOf(small, [api('payments.v2')], 'needs')
    expect(impactWords('payments.v2', small, [api('payments.v2')], needs, 'needs').rest).toBe(
      'can take payments.v2 down: 1 provides it and 1 is further away',
    )
  })

  it('say who is one step away, in the numbers of what breaks', () => {
    expect(oneStepWords(small, [c('pay')])).toBe(
      'One step away: nothing uses it, 1 is an API that it provides and it needs 1',
    )
    expect(oneStepWords(small, [api('payments.v2')])).toBe('One step away: 1 uses it and 1 provides it')
    expect(oneStepWords(small, [c('alone')])).toBe('Nothing uses it and it needs nothing')
    const team = 'group:default/t'
    const owned = [
      edge(c('a'), 'ownedBy', team),
      edge(c('b'), 'ownedBy', team),
      edge(team, 'childOf', 'group:default/u'),
    ]
    expect(oneStepWords({ edges: owned }, [team])).toBe('One step away: 2 are owned by it and it belongs to 1 other')
    // What the tab counts is the sum of what the sentence tells.
    const relations = ['apiProvidedBy', 'dependsOn', 'ownedBy'].map((type) => ({ type, targetRef: c(type) }))
    const pay = { apiVersion: 'v1', kind: 'Component', metadata: { name: 'pay' }, relations }
    expect(oneStepCount(pay)).toBe(2)
  })

  it('find the line of a file that names the other end', () => {
    const source = {
      location: '',
      file: 'a.yaml',
      line: 30,
      endLine: 36,
      text: 'metadata:\n  name: db\nspec:\n  # db of old\n  dependsOn:\n    - resource:db-old\n    - resource:db\n',
      readAt: '',
      revision: '',
    }
    expect(declaredAt(source, 'resource:default/db')).toBe(36)
    expect(declaredAt(source, 'resource:default/db-old')).toBe(35)
    expect(declaredAt(source, 'resource:default/else')).toBeUndefined()
    expect(declaredAt(null, 'resource:default/db')).toBeUndefined()
  })
})
