import type { QueryClient } from '@tanstack/react-query'
import { coverageQuery, gapsQuery, teamsQuery } from './api.ts'
import type { InsightsSearch } from './insights-search.ts'

export async function loadInsights(client: QueryClient, search: InsightsSearch): Promise<void> {
  if (!search.scope) void client.prefetchQuery(teamsQuery(search))
  if (search.measure) void client.prefetchInfiniteQuery(gapsQuery(search, search.measure))
  await client.ensureQueryData(coverageQuery(search))
}
