import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import { formatRef, parseRef } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { ownershipApi } from '../../lib/ownership-paths.ts'
import { api } from '../../lib/paths.ts'
import { asSentence, count } from '../../lib/words.ts'

/** An old name of a team, and who stands for it. */
export interface Alias {
  oldRef: string
  newRef: string
  by: string
  at: string
  /** How many entities are the new one's by it; told to those who see all. */
  entities?: number
}

export const aliasesQuery = queryOptions({
  queryKey: [...keys.ownership, 'aliases'],
  queryFn: async ({ signal }) => (await request<{ items: Alias[] }>(ownershipApi.aliases, { signal })).items,
})

/** How many entities somebody owns now: what changes hands when they get another name. */
export function ownedCountQuery(owner: string | undefined) {
  const body = { query: { 'relations.ownedBy': owner ?? '' }, limit: 0 }
  return queryOptions({
    queryKey: keys.total(body),
    enabled: owner !== undefined,
    queryFn: async ({ signal }) =>
      (await request<{ totalItems: number }>(api.query, { method: 'POST', body, signal })).totalItems,
  })
}

/** What somebody wrote as the old name: "web", "default/web" and "group:default/web" are one; undefined where it is none. */
export function oldRefOf(text: string): string | undefined {
  const written = text.trim()
  if (written === '' || /\s/.test(written)) return undefined
  const ref = parseRef(written, { kind: 'group' })
  return ref.name !== '' && ['group', 'user'].includes(ref.kind) ? formatRef(ref) : undefined
}

/** What comes of it, before it is done. */
export function previewWords(entities: number, from: string, to: string): string {
  return entities === 0
    ? `Nothing in the catalog names ${from} now. What is read later and names it will be ${to}’s.`
    : `${count(entities, 'entity changes', 'entities change')} from ${from} to ${to}.`
}

/** What came of it. */
export const doneWords = (entities: number | undefined, what: string) =>
  entities === undefined
    ? asSentence(what)
    : asSentence(`${what}; ${count(entities, 'entity', 'entities')} changed hands`)

interface Handed {
  oldRef: string
  newRef?: string
  entities?: number
}

function useAliasChange<T>(send: (input: T) => Promise<Handed>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: send,
    onSettled: () =>
      Promise.all(
        [keys.lists, keys.facets, keys.entities, keys.standings, keys.summaries, keys.changes].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
  })
}

export const useSetAlias = () =>
  useAliasChange((body: { oldRef: string; newRef: string }) =>
    request<Handed>(ownershipApi.aliases, { method: 'PUT', body }),
  )

export const useRemoveAlias = () =>
  useAliasChange((oldRef: string) => request<Handed>(ownershipApi.alias(oldRef), { method: 'DELETE' }))
