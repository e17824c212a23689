import { queryOptions } from '@tanstack/react-query'
import { isApiError } from './api-error.ts'
import { request } from './api.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'
import type { EntitySource } from './portico.ts'

/** Where and how an entity is declared; null when no file declares it. */
export function sourceQuery(ref: string) {
  return queryOptions({
    queryKey: keys.source(ref),
    queryFn: ({ signal }) =>
      request<EntitySource>(api.source(ref), { signal }).catch((error: unknown) => {
        if (isApiError(error) && error.notFound) return null
        throw error
      }),
  })
}
