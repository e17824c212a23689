import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import type { Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import { summarise, type Summary } from '../../lib/summaries.ts'
import { rank } from './rank.ts'

export interface Found {
  hits: Summary[]
  total: number
}

const fields = [
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.title',
  'metadata.description',
  'spec.profile.displayName',
  'spec.type',
  'spec.lifecycle',
  'spec.owner',
  'spec.target',
  'spec.targets',
]
const searched = ['metadata.name', 'metadata.title', 'spec.profile.displayName', 'metadata.description']
const REACH = 60
const SHOWN = 20

/** Entities by a part of their name, title or description; a leading `@` keeps people and teams. Best match first. */
export function finderQuery(typed: string) {
  const people = typed.startsWith('@')
  const term = (people ? typed.slice(1) : typed).trim()
  return queryOptions({
    queryKey: keys.finder(typed),
    enabled: term !== '',
    queryFn: async ({ signal }): Promise<Found> => {
      // The server matches one piece of text; further words are matched on what it found.
      const [first = '', ...others] = term.toLowerCase().split(/\s+/)
      const body = {
        ...(people ? { query: { kind: { $in: ['user', 'group'] } } } : {}),
        fullTextFilter: { term: first, fields: searched },
        fields,
        limit: REACH,
      }
      const answer = await request<{ items: Entity[]; totalItems: number }>(api.query, { method: 'POST', body, signal })
      const hits = rank(answer.items.map(summarise), [first, ...others])
      return { hits: hits.slice(0, SHOWN), total: others.length > 0 ? hits.length : answer.totalItems }
    },
    placeholderData: keepPreviousData,
  })
}
