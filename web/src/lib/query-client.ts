import { QueryCache, QueryClient } from '@tanstack/react-query'
import { isApiError } from './api-error.ts'
import { keys } from './keys.ts'

/** A browser that is off line still reaches a portal on its own machine, and where it reaches none the page says so. */
const networkMode = 'always'

/** The cache of the page. A 401 anywhere asks for the session again, which leads to the sign-in page. */
export function newQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (isApiError(error) && error.status === 401 && query.queryKey[0] !== keys.session[0]) {
          void client.invalidateQueries({ queryKey: keys.session })
        }
      },
    }),
    defaultOptions: {
      queries: {
        networkMode,
        staleTime: 30_000,
        retry: (failures, error) => failures < 2 && isApiError(error) && error.transient,
        retryDelay: (n) => 400 * 2 ** n,
      },
      mutations: { networkMode, retry: false },
    },
  })
  return client
}
