import { listed } from '../../lib/words.ts'
import { belonging, type GraphEdge, type GraphNode, type PathAnswer } from './model.ts'

/** How far a search for a way goes: along use alone, along parts of systems too, along owners and teams too. */
export const rungs = ['use', 'parts', 'any'] as const
export type Rung = (typeof rungs)[number]

/** What is not gone along. Relations of one's own count as use. */
export const withoutOf: Record<Rung, string[]> = {
  use: belonging,
  parts: belonging.filter((type) => type !== 'partOf'),
  any: [],
}

/** Every relation that is known, in the order in which they are offered. */
export const wayRelations = ['dependsOn', 'consumesApi', 'providesApi', ...belonging]

/** Whether all that is offered is gone along: then what nobody could offer is, too. */
export const everything = (rel: string[] | undefined): boolean =>
  rel !== undefined && wayRelations.every((type) => rel.includes(type))

const shared: Record<string, string> = {
  partOf: 'are part of',
  ownedBy: 'are owned by',
  memberOf: 'are members of',
  childOf: 'are under',
}

/** What both ends belong to, where that is all that connects them: "Both are owned by Payments." */
export function sharedWords({ nodes, edges }: Pick<PathAnswer, 'nodes' | 'edges'>, name: (node: GraphNode) => string) {
  const [a, middle, b] = nodes
  if (!a || !middle || !b || nodes.length !== 3) return undefined
  const to = (from: string) => edges.filter((e) => e.from === from && e.to === middle.ref).map((e) => e.type)
  const [first, second] = [to(a.ref), to(b.ref)]
  const words = first.filter((type) => second.includes(type)).flatMap((type) => shared[type] ?? [])
  return words.length > 0 ? `Both ${listed(words)} ${name(middle)}.` : undefined
}

/** The relations between one node of a way and the next, a step at a time. */
export function stepsOf({
  nodes,
  edges,
}: Pick<PathAnswer, 'nodes' | 'edges'>): { to: GraphNode; edges: GraphEdge[] }[] {
  return nodes.slice(1).map((to, i) => {
    const from = nodes[i]?.ref ?? ''
    const between = edges.filter((e) => (e.from === from && e.to === to.ref) || (e.from === to.ref && e.to === from))
    return { to, edges: between }
  })
}
