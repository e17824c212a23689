import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { isApiError } from '../../lib/api-error.ts'
import { request, withQuery } from '../../lib/api.ts'
import type { Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import type { ChangePage, Comparison, HistoryPage, HistorySummary } from '../../lib/portico.ts'
import { endOf, type Narrow } from './history-search.ts'

/** Of each type: more than a page draws one by one, and what belongs to a team of thousands does not come with every page of theirs. */
const RELATIONS = 200

/** The entity with the first of its relations; null when no entity has the ref. Asked by ref, because absence is an answer here and no error. */
export function entityQuery(ref: string) {
  return queryOptions({
    queryKey: keys.entity(ref),
    queryFn: async ({ signal }) => {
      const body = { entityRefs: [ref], mostRelations: RELATIONS }
      const answer = await request<{ items: (Entity | null)[] }>(api.byRefs, { method: 'POST', body, signal })
      return answer.items[0] ?? null
    },
  })
}

const SOME = 50

/** Its changes, newest first, of those that are asked for. */
export function historyQuery(ref: string, { field, by, until }: Narrow = {}) {
  const ask = { limit: SOME, field, actor: by, until: until === undefined ? undefined : endOf(until) }
  return infiniteQueryOptions({
    queryKey: [...keys.history(ref), 'list', field ?? '', by ?? '', until ?? ''],
    queryFn: ({ signal, pageParam }) =>
      request<HistoryPage>(withQuery(api.history(ref), { ...ask, before: pageParam ?? undefined }), { signal }),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
  })
}

/** What its changes are about, and whose they are, of all that are kept. */
export function historySummaryQuery(ref: string) {
  return queryOptions({
    queryKey: [...keys.history(ref), 'summary'],
    queryFn: async ({ signal }) => {
      const answer = await request<HistoryPage>(withQuery(api.history(ref), { limit: 1, summary: 'true' }), { signal })
      return answer.summary as HistorySummary
    },
  })
}

/** So many of its last changes are asked for, by whoever shows some of them. */
const LATEST = 5

/** Its last changes, newest first, for where no more of its history is drawn. */
export function latestChangesQuery(ref: string) {
  return queryOptions({
    queryKey: [...keys.history(ref), 'latest'],
    queryFn: async ({ signal }) =>
      (await request<HistoryPage>(withQuery(api.history(ref), { limit: LATEST }), { signal })).items,
  })
}

/** What differs between two revisions; without `to` it is compared with now. */
export function comparisonQuery(ref: string, from: number, to: number | undefined) {
  return queryOptions({
    queryKey: keys.compared(ref, from, to ?? 0),
    queryFn: ({ signal }) => request<Comparison>(withQuery(api.compare(ref), { from, to }), { signal }),
    retry: (failures, error) => failures < 2 && isApiError(error) && error.transient,
    placeholderData: keepPreviousData,
  })
}

/** The last changes of what is not there; none of what never was. */
export function pastQuery(ref: string, limit: number) {
  return queryOptions({
    queryKey: [...keys.history(ref), 'past', limit],
    queryFn: async ({ signal }) =>
      (await request<ChangePage>(withQuery(api.changes, { ref, order: 'desc', limit }), { signal })).items,
  })
}

/** Asks the server to read the entity's source now. */
export function useRefreshEntity(ref: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => request(api.refresh, { method: 'POST', body: { entityRef: ref } }),
    onSuccess: () =>
      Promise.all(
        [keys.entity(ref), keys.history(ref), keys.source(ref)].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
  })
}
