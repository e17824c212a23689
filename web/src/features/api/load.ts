import type { QueryClient } from '@tanstack/react-query'
import { soon } from '../../lib/soon.ts'
import { deprecatedQuery, groupPageQuery, groupsQuery } from './apis-api.ts'
import type { ApisSearch } from './apis-search.ts'
import { ApisTable } from './chunks.ts'

/** What the list of APIs begins with. What is deprecated stands above it, which would jump. */
export async function loadApis(client: QueryClient, search: ApisSearch): Promise<void> {
  const rows = soon([ApisTable.preload(), loadRows(client, search)])
  await client.ensureQueryData(deprecatedQuery).catch(() => undefined)
  await rows
}

async function loadRows(client: QueryClient, search: ApisSearch): Promise<void> {
  const [first] = await client.ensureQueryData(groupsQuery(search))
  if (first) await client.ensureQueryData(groupPageQuery(search, first, 0))
}
