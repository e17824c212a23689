import { queryOptions } from '@tanstack/react-query'
import { isApiError } from '../../lib/api-error.ts'
import { request, withQuery } from '../../lib/api.ts'
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

/** The log was cut shorter than what was asked for: there is nothing to tell yet. */
function fallOff(error: unknown): Pick<ChangePage, 'items'> {
  if (isApiError(error) && error.status === 410) return { items: [] }
  throw error
}
