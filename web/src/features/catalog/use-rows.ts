import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Entity } from '../../lib/entity.ts'
import { pageQuery, type ListPage } from './api.ts'
import { PAGE, type Asker } from './catalog-query.ts'
import type { CatalogSearch } from './catalog-search.ts'

export interface Range {
  first: number
  last: number
}

/** What there is to draw; the same object until another page came. */
export interface Loaded {
  total: number | undefined
  /** undefined where the row is not loaded. */
  at: (index: number) => Entity | undefined
  /** Another one whenever a page came anew. */
  version: string
  /** What the rows answer: another one for another search, and not before its rows are here. */
  question: string
}

export interface Rows {
  loaded: Loaded
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
  const [last, setLast] = useState<{ page: ListPage; question: string }>()
  const asked = questionOf(search)
  const stale = head.isPlaceholderData || head.data === undefined
  if (head.isSuccess && !stale && (head.data !== last?.page || asked !== last.question))
    setLast({ page: head.data, question: asked })
  const shown = head.data ?? last?.page
  const question = stale ? (last?.question ?? asked) : asked
  const indices = pagesNear(range, shown?.totalItems ?? 0)
  const pages = usePages(search, asker, indices)
  const near = indices.join()
  const version = [head, ...pages].map((q) => q.dataUpdatedAt).join()
  const loaded = useMemo<Loaded>(
    () => ({
      total: shown?.totalItems,
      at: (index) => {
        const number = Math.floor(index / PAGE)
        const answer = number === 0 ? shown : pages[indices.indexOf(number)]?.data
        return answer?.items[index % PAGE]
      },
      version,
      question,
    }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- other lists of the same pages are no other rows
    [shown, search, near, version, question],
  )
  const failed = [head, ...pages].find((q) => q.error !== null)
  return {
    loaded,
    stale,
    error: failed?.error ?? null,
    again: () => void failed?.refetch(),
  }
}

/** Three pages hold more rows than any screen shows, and those ahead. */
function usePages(search: CatalogSearch, asker: Asker, [a, b, c]: number[]) {
  const of = (i: number | undefined) => ({ ...pageQuery(search, asker, i ?? 0), enabled: i !== undefined })
  return [useQuery(of(a)), useQuery(of(b)), useQuery(of(c))]
}

/** What decides which rows there are, and their order. */
function questionOf(search: CatalogSearch): string {
  return JSON.stringify({ ...search, cols: undefined, saved: undefined, view: undefined })
}

/** The pages besides the first that hold rows in sight, or soon. */
export function pagesNear({ first, last }: Range, total: number): number[] {
  const end = Math.floor((total - 1) / PAGE)
  const from = Math.max(1, Math.floor(first / PAGE))
  const to = Math.min(Math.floor((last + AHEAD) / PAGE), end)
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
}
