import { queryOptions } from '@tanstack/react-query'
import { request } from './api.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'
import type { Problems, Source } from './portico.ts'

/** A source can fail without any entity changing, so the feed alone does not tell: asked again while a page shows it. */
const POLL = 10_000

export const sourcesQuery = queryOptions({
  queryKey: keys.sources,
  queryFn: async ({ signal }) => (await request<{ items: Source[] }>(api.sources, { signal })).items,
  refetchInterval: POLL,
  staleTime: POLL,
})

export const problemsQuery = queryOptions({
  queryKey: keys.problems,
  queryFn: ({ signal }) => request<Problems>(api.problems, { signal }),
  refetchInterval: POLL,
  staleTime: POLL,
})

/** What somebody must look at. Removed entities are past: they are offered for return, not counted. */
export function openProblems(problems: Problems): number {
  return problems.errors.length + problems.conflicts.length + problems.missing.length
}
