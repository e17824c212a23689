import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../../lib/api.ts'
import { refOf, type Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import type { FacetAnswer } from '../../lib/kinds.ts'
import { api } from '../../lib/paths.ts'
import type { Change, ChangePage } from '../../lib/portico.ts'

const REACH = 200

/** The last changes of the whole catalog, newest first; `more` when there may be older ones. */
export const catalogChangesQuery = queryOptions({
  queryKey: keys.changes,
  queryFn: async ({ signal }) => {
    const path = withQuery(api.changes, { order: 'desc', limit: REACH })
    const { items } = await request<ChangePage>(path, { signal })
    return { items, more: items.length === REACH }
  },
})

/** A change with what it is to who asked: their own, or of something that theirs need. */
export interface NearChange extends Change {
  own: boolean
  for: string[]
}

const DAYS = 7

/** Changes of what the owners own and of what that needs, newest first. Where much changes it has a pace of its own. */
export function aroundQuery(owners: string[]) {
  return queryOptions({
    queryKey: [...keys.around, ...owners],
    queryFn: async ({ signal }) => {
      const path = withQuery(api.ownedChanges, { owner: owners, days: DAYS, limit: REACH })
      return (await request<{ items: NearChange[] }>(path, { signal })).items
    },
    placeholderData: keepPreviousData,
  })
}

/** By team, in lower case: how many are in it, and how much it owns. */
export function teamCountsQuery(teams: string[]) {
  return queryOptions({
    queryKey: [...keys.facets, 'teams', ...teams],
    enabled: teams.length > 0,
    queryFn: async ({ signal }) => {
      const count = async (facet: string) => {
        const body = { facets: [facet], query: { [facet]: { $in: teams } } }
        const { facets } = await request<FacetAnswer>(api.facets, { method: 'POST', body, signal })
        return new Map(facets[facet]?.map(({ value, count: n }) => [value.toLowerCase(), n]))
      }
      const [members, owns] = await Promise.all([count('relations.memberOf'), count('relations.ownedBy')])
      return { members, owns }
    },
  })
}

/** What the owners own and have to look at, counted by kind: what `levels.bad` and `levels.warn` of what is owned count. */
export function askingQuery(owners: string[]) {
  return queryOptions({
    queryKey: [...keys.facets, 'asking', ...owners],
    queryFn: async ({ signal }) => {
      const query = {
        $all: [
          { 'relations.ownedBy': { $in: owners } },
          { 'portico.needs': { $in: ['error', 'missing', 'conflict', 'absent'] } },
        ],
      }
      const { facets } = await request<FacetAnswer>(api.facets, {
        method: 'POST',
        body: { facets: ['kind'], query },
        signal,
      })
      return Object.fromEntries((facets['kind'] ?? []).map(({ value, count }) => [value.toLowerCase(), count]))
    },
  })
}

const AREAS = 8

/** Refs of the first domains; without domains, of the first systems. */
export const areasQuery = queryOptions({
  queryKey: [...keys.lists, 'areas'],
  queryFn: async ({ signal }) => {
    for (const kind of ['domain', 'system']) {
      const body = {
        query: { kind },
        orderBy: [{ field: 'metadata.name', order: 'asc' }],
        fields: ['kind', 'metadata'],
        limit: AREAS,
      }
      const { items, totalItems } = await request<{ items: Entity[]; totalItems: number }>(api.query, {
        method: 'POST',
        body,
        signal,
      })
      if (items.length > 0) return { kind, refs: items.map(refOf), more: totalItems > items.length }
    }
    return { kind: 'system', refs: [], more: false }
  },
})
