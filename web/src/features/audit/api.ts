import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../../lib/api.ts'
import type { AuditPage, AuditStatus } from '../../lib/audit.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import { auditQueryOf, type AuditSearch } from './audit-search.ts'

const SOME = 100
const FRESH = 10_000

/** The records that match, newest first. */
export function recordsQuery(search: AuditSearch) {
  const query = auditQueryOf(search)
  return infiniteQueryOptions({
    queryKey: keys.audit(query),
    queryFn: ({ signal, pageParam }) =>
      request<AuditPage>(withQuery(api.audit, { ...query, cursor: pageParam ?? undefined, limit: SOME }), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor || null,
    placeholderData: keepPreviousData,
    staleTime: FRESH,
  })
}

/** One record by its number; undefined when it is no longer kept. */
export function recordQuery(seq: number) {
  return queryOptions({
    queryKey: keys.audit({ seq }),
    queryFn: async ({ signal }) => {
      const { items } = await request<AuditPage>(withQuery(api.audit, { cursor: String(seq + 1), limit: 1 }), {
        signal,
      })
      return items.find((r) => r.seq === seq) ?? null
    },
    staleTime: Infinity,
  })
}

/** Walking the chain takes the server a while, so it answers with what it found within the last minute. */
export const statusQuery = queryOptions({
  queryKey: keys.auditStatus,
  queryFn: ({ signal }) => request<AuditStatus>(api.auditStatus, { signal }),
  staleTime: 60_000,
})

/** Where what is listed can be downloaded, oldest first. */
export function exportAddress(search: AuditSearch): string {
  return withQuery(api.auditExport, auditQueryOf(search))
}
