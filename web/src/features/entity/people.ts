import { infiniteQueryOptions } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import type { Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'

const PAGE = 12

interface PeoplePage {
  items: Entity[]
  total: number
  next: string | undefined
}

/** The people who say that they are in one of the teams, by name. */
export function peopleQuery(teams: string[]) {
  const query = { $all: [{ kind: 'user' }, { 'relations.memberOf': { $in: teams } }] }
  return infiniteQueryOptions({
    queryKey: keys.list({ peopleOf: teams }),
    queryFn: async ({ signal, pageParam }): Promise<PeoplePage> => {
      const rest = { fields: ['kind', 'metadata.name', 'metadata.namespace', 'relations'], limit: PAGE }
      const body = pageParam
        ? { ...rest, cursor: pageParam }
        : { ...rest, query, orderBy: [{ field: 'metadata.name', order: 'asc' }] }
      const answer = await request<{ items: Entity[]; totalItems: number; pageInfo: { nextCursor?: string } }>(
        api.query,
        { method: 'POST', body, signal },
      )
      return { items: answer.items, total: answer.totalItems, next: answer.pageInfo.nextCursor }
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
  })
}
