import { infiniteQueryOptions, keepPreviousData, useMutation, useQueryClient } from '@tanstack/react-query'
import { request, withQuery } from '../../lib/api.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import type { HistoryPage, RemovedPage } from '../../lib/portico.ts'

/** The permission to decide about sources and what came of them. */
export const MANAGE = 'catalog.ingestion.manage'

function useDecision<T, R>(send: (input: T) => Promise<R>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: send,
    onSettled: () =>
      Promise.all(
        [keys.sources, keys.problems, keys.lists, keys.facets, keys.entities, keys.changes].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
  })
}

export const useRefreshSource = () => useDecision((id: string) => request(api.refreshSource(id), { method: 'POST' }))

export interface HeldAnswer {
  id: string
  decision: 'apply' | 'keep'
  /** Of what the operator saw: the server refuses with 409 when something else is held by now. */
  digest: string
}

export const decideHeld = ({ id, ...body }: HeldAnswer) => request(api.decideHeld(id), { method: 'POST', body })

export const useDecideHeld = () => useDecision(decideHeld)

export const useRestore = () => useDecision((uid: string) => request(api.restore(uid), { method: 'POST' }))

export const useRemove = () => useDecision((uid: string) => request(api.remove(uid), { method: 'POST' }))

interface Restored {
  restored: number
}

/** Brings back all that one removal took: they share its time to the microsecond. */
export const useRestoreRemoval = () =>
  useDecision((removedAt: string) => request<Restored>(api.restoreRemoval, { method: 'POST', body: { removedAt } }))

const keepMissing = (since: string) => request<Restored>(api.restoreMissing, { method: 'POST', body: { since } })

/** Keeps all that went missing at one time. */
export const useKeepMissing = () => useDecision(keepMissing)

/** Keeps all that went missing together with this entity. */
export const useKeepTogether = () => useDecision(keepTogether)

const RECENT = 10

export async function keepTogether(ref: string): Promise<Restored> {
  const { items } = await request<HistoryPage>(withQuery(api.history(ref), { limit: RECENT }))
  const went = items.find((c) => c.op === 'missing')
  return went ? keepMissing(went.at) : { restored: 0 }
}

const SOME = 100

/** What was removed and can be restored, latest first; `q` is a part of a ref. */
export function removedQuery(q: string) {
  return infiniteQueryOptions({
    queryKey: keys.removed(q),
    queryFn: ({ signal, pageParam }) =>
      request<RemovedPage>(withQuery(api.removed, { cursor: pageParam ?? undefined, limit: SOME, q }), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor || null,
    placeholderData: keepPreviousData,
  })
}
