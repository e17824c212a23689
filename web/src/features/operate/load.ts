import type { QueryClient } from '@tanstack/react-query'
import { problemsQuery, sourcesQuery } from '../../lib/ingestion.ts'

export async function loadProblems(client: QueryClient): Promise<void> {
  await client.ensureQueryData(problemsQuery)
}

export async function loadSources(client: QueryClient): Promise<void> {
  await Promise.all([client.ensureQueryData(sourcesQuery), client.ensureQueryData(problemsQuery)])
}
