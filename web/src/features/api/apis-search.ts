import { one } from '../../lib/search-params.ts'

export const groupings = ['owner', 'type', 'lifecycle'] as const
export type Grouping = (typeof groupings)[number]

/** The state of the API explorer, as it stands in the URL. */
export interface ApisSearch {
  /** Absent is one list of all. */
  group?: Grouping | undefined
  q?: string | undefined
}

export function parseApisSearch(raw: Record<string, unknown>): ApisSearch {
  const search: ApisSearch = {}
  const group = groupings.find((g) => g === one(raw['group']))
  if (group) search.group = group
  const q = one(raw['q']) ?? one(raw['filters[text]'])
  if (q) search.q = q
  return search
}
