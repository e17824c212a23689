import { queryOptions } from '@tanstack/react-query'
import { isApiError } from '../../lib/api-error.ts'
import { request, withQuery } from '../../lib/api.ts'
import { refOf, type Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import type { ChangePage } from '../../lib/portico.ts'

const REACH = 200

/** The last changes of the whole catalog. */
export const latestChangesQuery = queryOptions({
  queryKey: keys.changes,
  queryFn: async ({ signal }) => {
    const page = (limit: number, after?: number) =>
      request<ChangePage>(withQuery(api.changes, { after, limit }), { signal })
    // Any answer names the present revision, from which the last changes are counted back.
    const { revision } = await page(1)
    return (await page(REACH, Math.max(0, revision - REACH)).catch(fallOff)).items
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

/** The log was cut shorter than what was asked for: there is nothing to tell yet. */
function fallOff(error: unknown): Pick<ChangePage, 'items'> {
  if (isApiError(error) && error.status === 410) return { items: [] }
  throw error
}
