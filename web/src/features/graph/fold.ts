import { byRelationOrder } from '../../lib/words.ts'
import { belonging, edgeId, needOf, reach, type Graph, type GraphEdge, type GraphNode } from './model.ts'

/** Above so many entities some are drawn as one box. */
export const CROWD = 60
/** How many boxes are left then, where folding can do it; somebody who opened some wants to see more. */
const ROOM = 40
const roomFor = (open: string[]) => (open.length > 0 ? CROWD : ROOM)
/** Fewer that are alike are drawn one by one. */
const ALIKE = 5
/** Of what is folded so that the rest can be read, so many. */
const FEW_ALIKE = 3

/** What is drawn as one box: an entity, a system with what is folded into it, or many that are alike. */
export interface Box {
  id: string
  /** The entity; of a folded system the system, which need not be in the graph itself; of a bunch its first. */
  ref: string
  node: GraphNode | undefined
  /** The system in whose region it stands. */
  system: string | undefined
  /** What is folded into it; empty for an entity that stands for itself. */
  members: GraphNode[]
  /** Of many that are alike: whose they are, where all are the same team's. */
  bunch?: { owner: string | undefined }
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
  /** There were too many to be drawn one by one, also where rings are folded. */
  crowded: boolean
}

/** What is drawn as one because it stands alike: nothing, what is two steps away and more, that of one kind only, and so on. */
export const CROWDS = ['none', 'far by team', 'far by kind', 'near by team', 'near by kind'] as const
export type Crowds = (typeof CROWDS)[number]

interface FoldOptions {
  roots: string[]
  /** Systems and bunches that were opened by hand, and entities that were taken out of one. */
  open: string[]
  /** Folds every system, as on a map; otherwise only where it is crowded. */
  all?: boolean
  crowds?: Crowds
}

/**
 * The graph as boxes and lines. Where it is crowded the largest systems are folded first, that of the root last; then those
 * that have the same neighbours; then those that stand alike to the root and belong to one team.
 */
export function drawing(graph: Graph, { roots, open, all = false, crowds = 'none' }: FoldOptions): Drawing {
  const folding: Folding = {
    graph,
    boxOf: new Map(),
    folds: new Map(),
    bunches: new Map(),
    boxes: graph.nodes.length,
    room: roomFor(open),
  }
  const opened = graph.nodes.filter((n) => n.system !== undefined && open.includes(n.system)).map((n) => n.ref)
  const alone = new Set([...(all ? [] : roots), ...open, ...opened])
  if (!all) foldRings(folding, alone, roots, crowds)
  const crowded = folding.boxes > CROWD
  foldSystems(folding, alone, { roots, open, all })
  if (!all && folding.boxes > CROWD) {
    bunchUp(folding, alone, byNeighbours(folding), enough)
    bunchUp(folding, alone, byPlace(graph, roots), enough)
  }
  const { boxOf, folds, bunches } = folding
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
      ...[...bunches].map(([id, members]) => ({
        id,
        ref: members[0]?.ref ?? '',
        node: undefined,
        system: same(members.map((m) => m.system)),
        members,
        bunch: { owner: same(members.map((m) => m.owner)) },
      })),
    ],
    wires: wiresOf(graph.edges, (ref) => boxOf.get(ref) ?? ref),
    folded: [...folds.values(), ...bunches.values()].reduce((sum, members) => sum + members.length, 0),
    crowded,
  }
}

interface Folding {
  graph: Graph
  /** The box that an entity is folded into. */
  boxOf: Map<string, string>
  folds: Map<string, GraphNode[]>
  bunches: Map<string, GraphNode[]>
  boxes: number
  /** As many boxes as there may be. */
  room: number
}

function foldSystems(folding: Folding, alone: Set<string>, { roots, open, all = false }: FoldOptions): void {
  const { graph, boxOf, folds } = folding
  const systems = bySystem(graph.nodes)
  const home = (system: string) =>
    roots.includes(system) || (systems.get(system) ?? []).some((n) => roots.includes(n.ref))
  const order = [...systems]
    .filter(([system]) => !open.includes(system))
    .sort(([a, x], [b, y]) => Number(home(a)) - Number(home(b)) || y.length - x.length || a.localeCompare(b))
  const crowded = folding.boxes > CROWD
  for (const [system, nodes] of order) {
    if (!all && (!crowded || folding.boxes <= folding.room)) break
    const members = nodes.filter((node) => !alone.has(node.ref) && !boxOf.has(node.ref))
    if (members.length < (all ? 1 : 2)) continue
    folds.set(system, members)
    const itself = graph.nodes.find((n) => n.ref === system && !alone.has(n.ref) && !boxOf.has(n.ref))
    for (const node of itself ? [...members, itself] : members) boxOf.set(node.ref, foldId(system))
    folding.boxes -= members.length - (itself ? 0 : 1)
  }
}

/** Draws what is further away as one box for each kind, or for each kind and team; then what is near. */
function foldRings(folding: Folding, alone: Set<string>, roots: string[], crowds: Crowds): void {
  const level = CROWDS.indexOf(crowds)
  if (level === 0) return
  const { edges } = folding.graph
  const [users, needs] = [reach(edges, roots, 'users'), reach(edges, roots, 'needs')]
  bunchUp(
    folding,
    alone,
    ({ ref, owner = '' }) => {
      const [user, need] = [users.get(ref), needs.get(ref)]
      const steps = Math.min(user ?? Infinity, need ?? Infinity)
      if (steps === Infinity || (steps < 2 && level < 3)) return undefined
      const team = steps < 2 ? level === 3 : level === 1
      return `${team ? owner : ''} ${String(user ?? '')} ${String(need ?? '')}`
    },
    (members) => members < FEW_ALIKE,
  )
}

/** Draws as one box the entities for which `key` says the same, the most first, until that is enough; none for its own box. */
function bunchUp(
  folding: Folding,
  alone: Set<string>,
  key: (node: GraphNode) => string | undefined,
  done: (members: number, folding: Folding) => boolean,
): void {
  const groups = new Map<string, GraphNode[]>()
  const opened: string[] = []
  for (const node of folding.graph.nodes) {
    if (folding.boxOf.has(node.ref) || alone.has(node.ref) || !node.found) continue
    const like = key(node)
    if (like === undefined) continue
    const id = `bunch ${node.kind} ${short(like)}`
    if (alone.has(id)) opened.push(node.ref)
    else groups.set(id, [...(groups.get(id) ?? []), node])
  }
  // What was opened is not drawn as one box for another reason.
  for (const ref of opened) alone.add(ref)
  const order = [...groups].sort(([a, x], [b, y]) => y.length - x.length || a.localeCompare(b))
  for (const [id, members] of order) {
    if (done(members.length, folding)) break
    folding.bunches.set(id, members)
    for (const { ref } of members) folding.boxOf.set(ref, id)
    folding.boxes -= members.length - 1
  }
}

/** There is room, or too few are alike. */
const enough = (members: number, { boxes, room }: Folding) => boxes <= room || members < ALIKE

/** The same for two that have the same lines to the same boxes. */
function byNeighbours({ graph, boxOf }: Folding): (node: GraphNode) => string {
  const lines = new Map<string, Set<string>>()
  const add = (ref: string, line: string) => lines.set(ref, (lines.get(ref) ?? new Set()).add(line))
  for (const edge of graph.edges) {
    const look = lookOf(edge.type)
    add(edge.from, `${look}>${boxOf.get(edge.to) ?? edge.to}`)
    add(edge.to, `${look}<${boxOf.get(edge.from) ?? edge.from}`)
  }
  return ({ ref }) => [...(lines.get(ref) ?? [])].sort().join(' ')
}

/** The same for two of one team that are as far from the roots, on the same side. */
function byPlace(graph: Graph, roots: string[]): (node: GraphNode) => string {
  const [users, needs] = [reach(graph.edges, roots, 'users'), reach(graph.edges, roots, 'needs')]
  return ({ ref, owner }) => `${owner ?? ''} ${String(users.get(ref) ?? '')} ${String(needs.get(ref) ?? '')}`
}

/** A short name for a long one, so that an address can hold it; the same each time. */
function short(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
  return hash.toString(36)
}

function same<T>(values: (T | undefined)[]): T | undefined {
  const [first] = values
  return values.every((v) => v === first) ? first : undefined
}

/** What an address names to have a box opened. */
export const opens = (box: Box): string => (box.bunch ? box.id : box.ref)

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
