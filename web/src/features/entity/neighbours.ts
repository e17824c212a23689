import { byRelationOrder, relationWords } from '../../lib/words.ts'
import type { Entity, Relation } from '../../lib/entity.ts'

export interface Neighbour {
  ref: string
  types: string[]
}

/** One entry a neighbour, with every relation that ties it. Order: relation, then ref. */
export function neighbours(relations: Relation[]): Neighbour[] {
  const byRef = new Map<string, string[]>()
  const sorted = [...relations].sort(
    (a, b) => byRelationOrder(a.type, b.type) || a.targetRef.localeCompare(b.targetRef),
  )
  for (const { type, targetRef } of sorted) byRef.set(targetRef, [...(byRef.get(targetRef) ?? []), type])
  return [...byRef].map(([ref, types]) => ({ ref, types }))
}

/** What uses the entity and what it needs. An API needs those who provide it. */
export function sides(entity: Entity): { users: Neighbour[]; needs: Neighbour[] } {
  const all = entity.relations ?? []
  const side = (type: string) => (type === 'apiProvidedBy' ? 'need' : relationWords(type).side)
  return {
    users: neighbours(all.filter((r) => side(r.type) === 'user')),
    needs: neighbours(all.filter((r) => side(r.type) === 'need')),
  }
}
