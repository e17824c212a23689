import type { QueryClient } from '@tanstack/react-query'
import { recordsQuery, statusQuery } from './api.ts'
import type { AuditSearch } from './audit-search.ts'

export async function loadAudit(client: QueryClient, search: AuditSearch): Promise<void> {
  // Walking the chain takes longer than the page waits for it.
  void client.prefetchQuery(statusQuery)
  await client.ensureInfiniteQueryData(recordsQuery(search))
}
