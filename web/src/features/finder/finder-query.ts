import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../../lib/api.ts'
import { strings, type Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import { summarise, type Summary } from '../../lib/summaries.ts'
import type { Asked } from './asked.ts'

/** What is found of an entity: enough for its row and for the pane beside it. */
export interface Hit extends Summary {
  tags: string[]
}

export interface Found {
  hits: Hit[]
  counts: Counts
  /** How many there are of each kind, whatever the scope. */
  kinds: Record<string, number>
  total: number
}

export interface Counts {
  all: number
  catalog: number
  apis: number
  people: number
}

interface Answer {
  total: number
  counts: Counts
  kinds: Record<string, number>
  items: Entity[]
}

const SHOWN = 30
/** As many as the server gives. */
const ALL = 50

/** Entities by parts of what they are called. The server ranks: it alone knows all names. What `mine` own comes first among equals. */
export function findQuery({ term, scope }: Pick<Asked, 'term' | 'scope'>, mine: string[], kind?: string) {
  return queryOptions({
    queryKey: keys.finder(term, kind === undefined ? scope : `kind ${kind}`, mine),
    enabled: term !== '' && scope !== 'actions',
    queryFn: async ({ signal }): Promise<Found> => {
      const narrow = kind === undefined ? { scope, limit: SHOWN } : { kind, limit: ALL }
      const path = withQuery(api.find, { q: term, owner: mine, ...narrow })
      const { items, counts, kinds, total } = await request<Answer>(path, { signal })
      return { hits: items.map(hitOf), counts, kinds, total }
    },
    placeholderData: keepPreviousData,
  })
}

function hitOf(entity: Entity): Hit {
  return { ...summarise(entity), tags: strings(entity.metadata.tags) }
}
