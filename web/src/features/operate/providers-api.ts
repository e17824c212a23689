import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../../lib/api.ts'
import { api } from '../../lib/paths.ts'

export interface Pass {
  startedAt: string
  finishedAt: string | null
  pages: number
  listed: number
  /** -1 where the host does not say. */
  total: number
  read: number
  toRead: number
  requests: number
}

export interface Budget {
  resource: string
  quota: number
  remaining: number
  resetsAt: string | null
  retryAt: string | null
  seenAt: string
  perHour: number
  enough: boolean
}

export interface Provider {
  id: string
  kind: string
  account: string
  url: string
  source: string
  webhook: string
  signed: boolean
  repositories: { listed: number; read: number; waiting: number; leftOut: number; failed: number }
  leftOut: { why: string; count: number }[]
  running: Pass | null
  lastWhole: Pass | null
  lastFailure: { at: string; error: string } | null
  budgets: Budget[]
  spent: { purpose: string; requests: number; points: number }[]
  deliveriesWaiting: number
  deliveries: { event: string; repository: string; receivedAt: string; doneAt: string | null; error: string }[]
}

export type RepositoryState = 'read' | 'waiting' | 'leftOut' | 'failed'

export interface Repository {
  id: string
  name: string
  url: string
  entityName: string
  state: RepositoryState
  why: string
  readAt: string | null
  declared: boolean
}

interface RepositoryPage {
  items: Repository[]
  total: number
  nextCursor?: string
}

/** While a pass runs its progress is seen; else the page asks now and then. */
const RUNNING = 2_000
const QUIET = 15_000

export const providersQuery = queryOptions({
  queryKey: ['sources', 'providers'] as const,
  queryFn: async ({ signal }) => (await request<{ items: Provider[] }>(api.providers, { signal })).items,
  refetchInterval: (query) =>
    query.state.data?.some((p) => p.running !== null || p.deliveriesWaiting > 0) ? RUNNING : QUIET,
  staleTime: RUNNING,
})

export function repositoriesQuery(provider: string, state: RepositoryState | undefined, q: string | undefined) {
  return infiniteQueryOptions({
    queryKey: ['sources', 'providers', provider, state, q] as const,
    queryFn: ({ signal, pageParam }) =>
      request<RepositoryPage>(withQuery(api.repositories(provider), { cursor: pageParam ?? undefined, state, q }), {
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor ?? null,
    placeholderData: keepPreviousData,
  })
}
