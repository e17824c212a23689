/** An entity in a graph. `more`: how many of its neighbours are not in the answer. */
export interface GraphNode {
  ref: string
  kind: string
  namespace: string
  name: string
  title?: string
  type?: string
  lifecycle?: string
  owner?: string
  system?: string
  depth: number
  more: number
  found: boolean
}

export interface GraphEdge {
  from: string
  to: string
  type: string
}

export interface RelationCount {
  type: string
  count: number
}

export interface Graph {
  revision: number
  nodes: GraphNode[]
  edges: GraphEdge[]
  /** What the neighbourhood has, before it was filtered by relation. */
  relations: RelationCount[]
  omitted: number
}

export interface PathAnswer {
  revision: number
  nodes: GraphNode[]
  edges: GraphEdge[]
  found: boolean
  /** How many entities were looked at. */
  looked: number
  /** The search gave up. */
  cut?: boolean
}

/** Reads from left to right: who needs, then what is needed. */
export interface Need {
  user: string
  needed: string
}

/**
 * Who needs whom. An API lives from the component that provides it, so of that relation the API is the user, whichever way
 * it is written; of every other it is the one that names it.
 */
export function needOf(edge: GraphEdge): Need {
  const flipped = edge.type === 'providesApi' && !edge.from.startsWith('api:')
  return flipped ? { user: edge.to, needed: edge.from } : { user: edge.from, needed: edge.to }
}

export const edgeId = (edge: GraphEdge) => `${edge.from}|${edge.type}|${edge.to}`

/** Several answers as one graph. What one answer lacks, another may have: `more` counts what none of them has. */
export function merged(answers: Graph[]): Graph {
  const nodes = new Map<string, GraphNode>()
  const edges = new Map<string, GraphEdge>()
  for (const answer of answers) {
    for (const node of answer.nodes) {
      const had = nodes.get(node.ref)
      if (!had || (!had.found && node.found)) nodes.set(node.ref, node)
    }
    for (const edge of answer.edges) edges.set(edgeId(edge), edge)
  }
  const around = neighboursOf([...edges.values()])
  const hidden = new Map<string, number>()
  for (const answer of answers) {
    const here = new Set(answer.nodes.map((n) => n.ref))
    for (const node of answer.nodes) {
      const elsewhere = [...(around.get(node.ref) ?? [])].filter((ref) => !here.has(ref)).length
      const left = Math.max(0, node.more - elsewhere)
      hidden.set(node.ref, Math.min(left, hidden.get(node.ref) ?? left))
    }
  }
  return {
    revision: Math.max(0, ...answers.map((a) => a.revision)),
    nodes: [...nodes.values()].map((node) => ({ ...node, more: hidden.get(node.ref) ?? 0 })),
    edges: [...edges.values()].filter((e) => nodes.has(e.from) && nodes.has(e.to)),
    relations: answers[0]?.relations ?? [],
    omitted: answers[0]?.omitted ?? 0,
  }
}

/** Relations by type: as many as are drawn, and of a type that is not drawn as many as there are around. */
export function countsOf(graph: Pick<Graph, 'edges' | 'relations'>): RelationCount[] {
  const drawn = new Map<string, number>()
  for (const { type } of graph.edges) drawn.set(type, (drawn.get(type) ?? 0) + 1)
  const others = graph.relations.filter(({ type }) => !drawn.has(type))
  return [...[...drawn].map(([type, count]) => ({ type, count })), ...others]
}

function neighboursOf(edges: GraphEdge[]): Map<string, Set<string>> {
  const out = new Map<string, Set<string>>()
  const add = (a: string, b: string) => out.set(a, (out.get(a) ?? new Set()).add(b))
  for (const { from, to } of edges) {
    add(from, to)
    add(to, from)
  }
  return out
}

/** How an entity is reached from where one begins. */
export interface Step {
  steps: number
  /** The entity before it on the way; none for where one begins. */
  via?: string
  edge?: GraphEdge
}

/** The shortest way to each entity from any of the roots, whichever way the relations point. */
export function stepsFrom(graph: Pick<Graph, 'edges'>, roots: string[]): Map<string, Step> {
  const at = new Map<string, GraphEdge[]>()
  for (const edge of graph.edges) for (const end of [edge.from, edge.to]) at.set(end, [...(at.get(end) ?? []), edge])
  const out = new Map<string, Step>(roots.map((ref) => [ref, { steps: 0 }]))
  for (const [ref, { steps }] of out)
    for (const edge of at.get(ref) ?? []) {
      const other = edge.from === ref ? edge.to : edge.from
      if (!out.has(other)) out.set(other, { steps: steps + 1, via: ref, edge })
    }
  return out
}

/** The relations on the shortest way to an entity, in order from where one begins. */
export function wayTo(steps: Map<string, Step>, ref: string): GraphEdge[] {
  const out: GraphEdge[] = []
  for (let at = steps.get(ref); at?.edge && at.via !== undefined; at = steps.get(at.via)) out.unshift(at.edge)
  return out
}

export type Side = 'users' | 'needs'

/** Relations that say where a thing belongs. A failure does not travel along them. */
export const belonging = ['partOf', 'ownedBy', 'memberOf', 'childOf']
/** Along these it does; a relation of one's own is felt where it ends, and no further. */
const breaking = ['dependsOn', 'consumesApi', 'providesApi']

export interface Impact {
  /** Each entity that feels it, and after how many steps. */
  steps: Map<string, number>
  /** The relations along which it is felt. */
  edges: Set<string>
}

/**
 * What fails with it: `users` follows the need backwards (what breaks if it goes), `needs` forwards (what it breaks with).
 * Of a team or a system, everything that belongs to it counts as a user.
 */
export function impactOf(graph: Pick<Graph, 'edges'>, roots: string[], side: Side): Impact {
  const all = roots.every((ref) => /^(group|user|system|domain):/.test(ref))
  const next = new Map<string, GraphEdge[]>()
  for (const edge of graph.edges) {
    if (!all && belonging.includes(edge.type)) continue
    const { user, needed } = needOf(edge)
    const start = side === 'users' ? needed : user
    next.set(start, [...(next.get(start) ?? []), edge])
  }
  const seen = new Map<string, number>(roots.map((ref) => [ref, 0]))
  const edges = new Set<string>()
  const last = new Set<string>()
  for (const [ref, steps] of seen)
    for (const edge of next.get(ref) ?? []) {
      const { user, needed } = needOf(edge)
      const end = side === 'users' ? user : needed
      const travels = all || breaking.includes(edge.type)
      if ((!travels && steps > 0) || last.has(ref)) continue
      edges.add(edgeId(edge))
      if (!seen.has(end)) {
        seen.set(end, steps + 1)
        if (!travels) last.add(end)
      } else if (travels) last.delete(end)
    }
  for (const ref of roots) seen.delete(ref)
  return { steps: seen, edges }
}

/**
 * What is near the roots by needing alone and by being needed alone, or by one of them: users of users and needs of needs,
 * and not what else uses the same database. `keep` was asked for by hand. Neighbours that are cut off count as hidden.
 */
export function near(
  graph: Graph,
  roots: string[],
  { side, depth, keep = [] }: { side?: Side | undefined; depth: number; keep?: string[] },
): Graph {
  const shown = new Set([...roots, ...keep])
  for (const one of side ? [side] : (['users', 'needs'] as const))
    for (const ref of reach(graph.edges, roots, one, depth).keys()) shown.add(ref)
  const around = neighboursOf(graph.edges)
  const cutOff = (ref: string) => [...(around.get(ref) ?? [])].filter((other) => !shown.has(other)).length
  return {
    ...graph,
    nodes: graph.nodes.filter((n) => shown.has(n.ref)).map((n) => ({ ...n, more: n.more + cutOff(n.ref) })),
    edges: graph.edges.filter((e) => shown.has(e.from) && shown.has(e.to)),
  }
}

/** What is come to by needing alone, or by being needed alone, and after how many steps. */
export function reach(edges: GraphEdge[], roots: string[], side: Side, depth = Infinity): Map<string, number> {
  const next = new Map<string, string[]>()
  for (const edge of edges) {
    const { user, needed } = needOf(edge)
    const [start, end] = side === 'users' ? [needed, user] : [user, needed]
    next.set(start, [...(next.get(start) ?? []), end])
  }
  const seen = new Map<string, number>(roots.map((ref) => [ref, 0]))
  for (const [ref, steps] of seen)
    if (steps < depth) for (const end of next.get(ref) ?? []) if (!seen.has(end)) seen.set(end, steps + 1)
  return seen
}
