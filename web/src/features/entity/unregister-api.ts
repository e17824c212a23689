import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { request, withQuery } from '../../lib/api.ts'
import { refOf, type Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import type { Consequences } from './unregister-words.ts'

export type What = 'entity' | 'location'

export interface Registered {
  id: string
  type: string
  target: string
}

export function consequencesQuery(ref: string, of: What) {
  return queryOptions({
    queryKey: [...keys.consequences(ref), of],
    queryFn: ({ signal }) => request<Consequences>(withQuery(api.consequences(ref), { of }), { signal }),
    staleTime: 0,
  })
}

/** The registered location that it comes from; null where it comes from the configuration, or from nowhere. */
export function registeredQuery(entity: Entity) {
  const origin = entity.metadata.annotations?.['backstage.io/managed-by-origin-location'] ?? ''
  const colon = origin.indexOf(':')
  const query = { type: origin.slice(0, colon), target: origin.slice(colon + 1) }
  return queryOptions({
    queryKey: [...keys.consequences(refOf(entity)), 'registered', origin],
    queryFn: async ({ signal }) => {
      const body = { query, limit: 1 }
      const found = await request<{ items: Registered[] }>(`${api.locations}/by-query`, {
        method: 'POST',
        body,
        signal,
      })
      return found.items[0] ?? null
    },
    enabled: colon > 0,
    staleTime: 0,
  })
}

function useWrite<T>(write: (input: T) => Promise<unknown>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: write,
    onSuccess: () =>
      Promise.all(
        [keys.sources, keys.problems, keys.lists, keys.facets, keys.changes].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
  })
}

export const useUnregister = () =>
  useWrite((what: { uid: string } | Registered) =>
    'uid' in what
      ? request(api.remove(what.uid), { method: 'POST' })
      : request(api.location(what.id), { method: 'DELETE' }),
  )

/** Takes it back: an entity is restored, a location registered anew. */
export const useTakeBack = () =>
  useWrite((what: { uid: string } | Registered) =>
    'uid' in what
      ? request(api.restore(what.uid), { method: 'POST' })
      : request(api.locations, { method: 'POST', body: { type: what.type, target: what.target } }),
  )
