import { queryOptions } from '@tanstack/react-query'
import { request } from './api.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'
import { knownKinds } from './words.ts'

export interface FacetValue {
  value: string
  count: number
}

export interface FacetAnswer {
  facets: Record<string, FacetValue[]>
}

/** Every kind with its number of entities: known kinds in their usual order, then the rest by size. Values lower case. */
export const kindsQuery = queryOptions({
  queryKey: keys.facet('kinds'),
  queryFn: async ({ signal }) => {
    const answer = await request<FacetAnswer>(api.facets, { method: 'POST', body: { facets: ['kind'] }, signal })
    return inOrder(answer.facets['kind'] ?? [])
  },
})

export function inOrder(kinds: FacetValue[]): FacetValue[] {
  const sums = new Map<string, number>()
  for (const { value, count } of kinds) sums.set(value.toLowerCase(), (sums.get(value.toLowerCase()) ?? 0) + count)
  const rank = (kind: string) => (knownKinds.includes(kind) ? knownKinds.indexOf(kind) : knownKinds.length)
  return [...sums]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => rank(a.value) - rank(b.value) || b.count - a.count || a.value.localeCompare(b.value))
}
