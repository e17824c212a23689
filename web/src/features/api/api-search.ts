import { one } from '../../lib/search-params.ts'

/** The state of the tab, as it stands in the URL. */
export interface ApiTabSearch {
  /** The entry that is open: `GET /pets/{id}`. */
  at?: string | undefined
  /** What the list is filtered by. */
  find?: string | undefined
  view?: 'text' | undefined
  /** Whether long lines of the text go on below; absent: on a phone. */
  wrap?: 'yes' | 'no' | undefined
}

export function parseApiTabSearch(raw: Record<string, unknown>): ApiTabSearch {
  const search: ApiTabSearch = {}
  const at = one(raw['at'])
  const find = one(raw['find'])
  if (at) search.at = at
  if (find) search.find = find
  if (one(raw['view']) === 'text') search.view = 'text'
  const wrap = one(raw['wrap'])
  if (wrap === 'yes' || wrap === 'no') search.wrap = wrap
  return search
}
