import { useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'

function useDecision<T>(send: (input: T) => Promise<unknown>) {
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
