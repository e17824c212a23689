import type { QueryClient } from '@tanstack/react-query'
import { findingsQuery, inboxQuery } from './api.ts'
import type { OwnershipSearch } from './ownership-search.ts'

export async function loadOwnership(client: QueryClient, search: OwnershipSearch): Promise<void> {
  if (search.tab === 'findings') await client.ensureInfiniteQueryData(findingsQuery(search))
  else await client.ensureInfiniteQueryData(inboxQuery(search))
}
