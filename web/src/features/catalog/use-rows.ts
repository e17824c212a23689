import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Entity } from '../../lib/entity.ts'
import { pageQuery, type ListPage } from './api.ts'
import { PAGE, type Asker } from './catalog-query.ts'
import type { CatalogSearch } from './catalog-search.ts'

export interface Range {
  first: number
  last: number
}

export interface Rows {
  total: number | undefined
  /** undefined where the row is not loaded. */
  at: (index: number) => Entity | undefined
  /** Another one whenever a page came anew. */
  version: string
  /** What is shown belongs to the search before this one. */
  stale: boolean
  error: Error | null
  again: () => void
}

/** The next page is asked for when so many rows are left before it. */
const AHEAD = PAGE / 2

/** The pages around what is in sight. While a new search is on its way the rows of the last one stay. */
export function useRows(search: CatalogSearch, asker: Asker, range: Range): Rows {
  const head = useQuery({ ...pageQuery(search, asker, 0), placeholderData: keepPreviousData })
  // A search that fails has no rows of its own: those of the last one that came stay.
  const [last, setLast] = useState<ListPage>()
  if (head.isSuccess && !head.isPlaceholderData && head.data !== last) setLast(head.data)
  const shown = head.data ?? last
  const indices = pagesNear(range, shown?.totalItems ?? 0)
  const pages = useQueries({ queries: indices.map((i) => pageQuery(search, asker, i)) })
  const at = (index: number) => {
    const number = Math.floor(index / PAGE)
    const answer = number === 0 ? shown : pages[indices.indexOf(number)]?.data
    return answer?.items[index % PAGE]
  }
  const failed = [head, ...pages].find((q) => q.error !== null)
  return {
    total: shown?.totalItems,
    at,
    version: [head, ...pages].map((q) => q.dataUpdatedAt).join(),
    stale: head.isPlaceholderData || head.data === undefined,
    error: failed?.error ?? null,
    again: () => void failed?.refetch(),
  }
}

/** The pages besides the first that hold rows in sight, or soon. */
export function pagesNear({ first, last }: Range, total: number): number[] {
  const end = Math.floor((total - 1) / PAGE)
  const from = Math.max(1, Math.floor(first / PAGE))
  const to = Math.min(Math.floor((last + AHEAD) / PAGE), end)
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
}
