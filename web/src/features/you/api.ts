import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import type { NewToken, Profile, SignedIn, TokenList } from '../../lib/portico.ts'

export const profileQuery = queryOptions({
  queryKey: [...keys.me, 'profile'],
  queryFn: ({ signal }) => request<Profile>(api.me, { signal }),
})

export const sessionsQuery = queryOptions({
  queryKey: keys.mySessions,
  queryFn: ({ signal }) => request<{ items: SignedIn[] }>(api.mySessions, { signal }).then(({ items }) => items),
})

export const tokensQuery = queryOptions({
  queryKey: keys.myTokens,
  queryFn: ({ signal }) => request<TokenList>(api.myTokens, { signal }),
})

export const servicesQuery = queryOptions({
  queryKey: keys.serviceTokens,
  queryFn: ({ signal }) => request<TokenList>(api.serviceTokens, { signal }),
})

/** A change after which the list is read again, whether it came about or not. */
function useChange<T, R>(queryKey: readonly string[], send: (input: T) => Promise<R>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: send,
    gcTime: 0, // a secret stays in memory no longer than it is on the page
    onSettled: () => client.invalidateQueries({ queryKey }),
  })
}

const remove = (path: string) => request(path, { method: 'DELETE' })

export const useEndSession = () => useChange(keys.mySessions, (id: number) => remove(api.mySession(id)))

export const useEndOthers = () =>
  useChange(keys.mySessions, () => request<{ ended: number }>(api.endOthers, { method: 'POST' }))

export interface Wanted {
  name: string
  scopes: string[]
  days: number
}

/** What makes a token. */
export type MakeToken = ReturnType<typeof useMakeToken>

export const useMakeToken = () =>
  useChange(keys.myTokens, (body: Wanted) => request<NewToken>(api.myTokens, { method: 'POST', body }))

export const useRevokeToken = () => useChange(keys.myTokens, (id: number) => remove(api.myToken(id)))

export const useMakeService = () =>
  useChange(keys.serviceTokens, (body: Wanted) => request<NewToken>(api.serviceTokens, { method: 'POST', body }))

export const useRotateService = () =>
  useChange(keys.serviceTokens, ({ id, days }: { id: number; days: number }) =>
    request<NewToken>(api.rotateToken(id), { method: 'POST', body: { days } }),
  )

export const useRevokeService = () => useChange(keys.serviceTokens, (id: number) => remove(api.serviceToken(id)))

export interface Allowed extends Wanted {
  challenge: string
  port: number
  state: string
}

/** Where to send the browser, or a code to carry over by hand. */
export const useAllowLogin = () =>
  useChange(keys.myTokens, (body: Allowed) =>
    request<{ redirect?: string; code?: string }>(api.allowLogin, { method: 'POST', body }),
  )
