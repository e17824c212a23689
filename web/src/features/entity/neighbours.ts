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

interface Side {
  /** Those that came with the entity. */
  all: Neighbour[]
  /** How many there are. Where some did not come, one that is related twice may count twice. */
  total: number
}

/** What uses the entity and what it needs. An API needs those who provide it. */
export function sides(entity: Entity): { users: Side; needs: Side } {
  const relations = entity.relations ?? []
  const sideOf = (type: string) => (type === 'apiProvidedBy' ? 'need' : relationWords(type).side)
  const side = (which: string): Side => {
    const all = neighbours(relations.filter((r) => sideOf(r.type) === which))
    const left = Object.entries(entity.portico?.relations ?? {})
      .filter(([type]) => sideOf(type) === which)
      .reduce((sum, [type, n]) => sum + n - relations.filter((r) => r.type === type).length, 0)
    return { all, total: all.length + left }
  }
  return { users: side('user'), needs: side('need') }
}
