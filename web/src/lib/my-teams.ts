import { queryOptions, useQuery } from '@tanstack/react-query'
import { request } from './api.ts'
import { relationsOf, type Entity } from './entity.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'
import { useSession } from './session.ts'

export function myTeamsQuery(principal: string) {
  return queryOptions({
    queryKey: [...keys.entities, 'teams of', principal],
    queryFn: async ({ signal }) => {
      const answer = await request<{ items: (Entity | null)[] }>(api.byRefs, {
        method: 'POST',
        body: { entityRefs: [principal], fields: ['kind', 'metadata', 'relations'] },
        signal,
      })
      const me = answer.items[0]
      return me ? relationsOf(me, 'memberOf') : []
    },
    enabled: principal !== '',
  })
}

const nobody: string[] = []

/** Refs of the teams of who is signed in; none for a guest. */
export function useMyTeams(): string[] {
  const { data } = useQuery(myTeamsQuery(useSession().principal?.ref ?? ''))
  return data ?? nobody
}
