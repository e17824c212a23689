import { queryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../../lib/api.ts'
import { refOf, type Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import type { ChangePage } from '../../lib/portico.ts'

const REACH = 200

/** The last changes of the whole catalog, newest first; `more` when there may be older ones. */
export const latestChangesQuery = queryOptions({
  queryKey: keys.changes,
  queryFn: async ({ signal }) => {
    const path = withQuery(api.changes, { order: 'desc', limit: REACH })
    const { items } = await request<ChangePage>(path, { signal })
    return { items, more: items.length === REACH }
  },
})

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
      const { items } = await request<{ items: Entity[] }>(api.query, { method: 'POST', body, signal })
      if (items.length > 0) return { kind, refs: items.map(refOf) }
    }
    return { kind: 'system', refs: [] }
  },
})
