import { byRelationOrder } from '../../lib/words.ts'
import { belonging, edgeId, needOf, type Graph, type GraphEdge, type GraphNode } from './model.ts'

/** Above so many, systems are drawn as one box each. */
export const CROWD = 60

/** What is drawn as one box: an entity, or a system with what is folded into it. */
export interface Box {
  id: string
  /** The entity; of a fold the system, which need not be in the graph itself. */
  ref: string
  node: GraphNode | undefined
  /** The system in whose region it stands. */
  system: string | undefined
  /** What is folded into it; empty for an entity that stands for itself. */
  members: GraphNode[]
}

export type Look = 'need' | 'call' | 'provide' | 'belong'

/** One line between two boxes, from who needs to what is needed. */
export interface Wire {
  id: string
  from: string
  to: string
  look: Look
  edges: GraphEdge[]
}

export interface Drawing {
  boxes: Box[]
  wires: Wire[]
  /** How many entities are inside boxes of systems. */
  folded: number
}

interface FoldOptions {
  roots: string[]
  /** Systems that were opened by hand. */
  open: string[]
  /** Folds every system, as on a map; otherwise only where it is crowded. */
  all?: boolean
}

/** The graph as boxes and lines. Where it is crowded the largest systems are folded first, that of the root last. */
export function drawing(graph: Graph, { roots, open, all = false }: FoldOptions): Drawing {
  const boxOf = new Map<string, string>()
  const folds = new Map<string, GraphNode[]>()
  const systems = bySystem(graph.nodes)
  const isRoot = (node: GraphNode) => !all && roots.includes(node.ref)
  const home = (system: string) => (systems.get(system) ?? []).some((n) => roots.includes(n.ref))
  const order = [...systems]
    .filter(([system]) => !open.includes(system))
    .sort(([a, x], [b, y]) => Number(home(a)) - Number(home(b)) || y.length - x.length || a.localeCompare(b))
  let boxes = graph.nodes.length
  for (const [system, nodes] of order) {
    if (!all && boxes <= CROWD) break
    const members = nodes.filter((node) => !isRoot(node))
    if (members.length < (all ? 1 : 2)) continue
    folds.set(system, members)
    const itself = graph.nodes.find((n) => n.ref === system && !isRoot(n))
    for (const node of itself ? [...members, itself] : members) boxOf.set(node.ref, foldId(system))
    boxes -= members.length - (itself ? 0 : 1)
  }
  const byRef = new Map(graph.nodes.map((n) => [n.ref, n]))
  const plain = graph.nodes.filter((n) => !boxOf.has(n.ref))
  return {
    boxes: [
      ...plain.map((node) => ({ id: node.ref, ref: node.ref, node, system: node.system, members: [] })),
      ...[...folds].map(([system, members]) => ({
        id: foldId(system),
        ref: system,
        node: byRef.get(system),
        system: undefined,
        members,
      })),
    ],
    wires: wiresOf(graph.edges, (ref) => boxOf.get(ref) ?? ref),
    folded: [...folds.values()].reduce((sum, members) => sum + members.length, 0),
  }
}

const foldId = (system: string) => `fold ${system}`

function bySystem(nodes: GraphNode[]): Map<string, GraphNode[]> {
  const out = new Map<string, GraphNode[]>()
  for (const node of nodes) if (node.system) out.set(node.system, [...(out.get(node.system) ?? []), node])
  return out
}

function wiresOf(edges: GraphEdge[], boxOf: (ref: string) => string): Wire[] {
  const out = new Map<string, Wire>()
  for (const edge of [...edges].sort((a, b) => byRelationOrder(a.type, b.type))) {
    const { user, needed } = needOf(edge)
    const [from, to] = [boxOf(user), boxOf(needed)]
    if (from === to) continue
    const id = `${from} → ${to}`
    const had = out.get(id)
    if (had) had.edges.push(edge)
    else out.set(id, { id, from, to, look: lookOf(edge.type), edges: [edge] })
  }
  return [...out.values()]
}

export function lookOf(type: string): Look {
  if (type === 'consumesApi') return 'call'
  if (type === 'providesApi') return 'provide'
  return belonging.includes(type) ? 'belong' : 'need'
}

/** Whether any of its relations is one of these. */
export function carries(wire: Wire, ids: Set<string>): boolean {
  return wire.edges.some((edge) => ids.has(edgeId(edge)))
}
