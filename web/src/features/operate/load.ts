import type { QueryClient } from '@tanstack/react-query'
import { problemsQuery, sourcesQuery } from '../../lib/ingestion.ts'
import { Providers } from './chunks.ts'
import { providersQuery } from './providers-api.ts'

export async function loadProblems(client: QueryClient): Promise<void> {
  await client.ensureQueryData(problemsQuery)
}

export async function loadSources(client: QueryClient): Promise<void> {
  const [sources] = await Promise.all([client.ensureQueryData(sourcesQuery), client.ensureQueryData(problemsQuery)])
  // Beside its table, so that nothing moves when it comes. Who may not see it, or meets a fault, has the table.
  if (sources.some((s) => s.kind === 'provider'))
    await Promise.allSettled([client.ensureQueryData(providersQuery), Providers.preload()])
}
