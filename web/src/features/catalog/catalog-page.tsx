import { keepPreviousData, useQueries, useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useState } from 'react'
import type { Entity } from '../../lib/entity.ts'
import { useMyTeams } from '../../lib/my-teams.ts'
import { page } from '../../lib/paths.ts'
import { useTitle } from '../../lib/title.ts'
import { kindWords } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { kindsQuery } from '../../lib/kinds.ts'
import { countQuery, pageQuery, type ListPage } from './api.ts'
import { PAGE } from './catalog-query.ts'
import { activeFilters, nextSort, toggled, type CatalogSearch } from './catalog-search.ts'
import { ApisLink } from './apis-link.tsx'
import { CatalogTable } from './catalog-table.tsx'
import { FilterBar } from './filter-bar.tsx'
import { Facets } from './facets.tsx'
import { isKind, KindTabs } from './kind-tabs.tsx'
import { LeftOut } from './left-out.tsx'
import css from './catalog.module.css'

// Shown when there are no rows, so not paid for when there are.
const noRows = () => import('./no-rows.tsx')
const NoMatch = lazy(async () => ({ default: (await noRows()).NoMatch }))
const NoSuchKind = lazy(async () => ({ default: (await noRows()).NoSuchKind }))
const FirstDay = lazy(async () => ({ default: (await noRows()).FirstDay }))

/** Which things exist that …? One kind at a time; the whole state stands in the URL. */
export function CatalogPage() {
  const search = useSearch({ strict: false }) as CatalogSearch
  const navigate = useNavigate()
  const kinds = useSuspenseQuery(kindsQuery).data
  const there = isKind(kinds, search.kind)
  useTitle(there ? kindWords(search.kind).tab : 'No such kind')

  const go = useCallback(
    (next: CatalogSearch, replace = false) =>
      void navigate({ to: page.catalog, search: next, replace, resetScroll: false }),
    [navigate],
  )

  return (
    <div className={`page ${css['page'] ?? ''}`}>
      <h1 tabIndex={-1} className={css['title']}>
        Catalog
      </h1>
      <KindTabs kinds={kinds} kind={search.kind} />
      {kinds.length === 0 ? (
        <div className={css['empty']}>
          <Suspense>
            <FirstDay />
          </Suspense>
        </div>
      ) : there ? (
        <Kind key={search.kind} search={search} go={go} />
      ) : (
        <div className={css['empty']}>
          <Suspense>
            <NoSuchKind kind={search.kind} kinds={kinds} />
          </Suspense>
        </div>
      )}
    </div>
  )
}

interface KindProps {
  search: CatalogSearch
  go: (next: CatalogSearch, replace?: boolean) => void
}

function Kind({ search, go }: KindProps) {
  const mine = useMyTeams()
  const [range, setRange] = useState({ first: 0, last: 0 })
  const onRange = useCallback((first: number, last: number) => {
    setRange({ first, last })
  }, [])
  const rows = useRows(search, range)
  const whole = useQuery(countQuery({ kind: search.kind }))
  const words = kindWords(search.kind)
  const facets = (
    <Facets
      search={search}
      mine={mine}
      onToggle={(facet, value) => {
        go(toggled(search, facet, value))
      }}
    />
  )
  return (
    <div className={css['cols']}>
      <aside className={`${css['aside'] ?? ''} wide`} aria-label="Filters">
        {facets}
        {search.kind === 'api' && <ApisLink />}
      </aside>
      <section aria-label={words.tab}>
        <FilterBar search={search} go={go} total={rows.total} whole={whole.data} stale={rows.stale} facets={facets} />
        {rows.error !== null && (
          <div className={css['failed']}>
            <ErrorStrip
              error={rows.error}
              what="The rows did not load."
              kept={
                rows.total === undefined ? 'Your filters are kept.' : 'You see the last ones; your filters are kept.'
              }
              onRetry={rows.again}
            />
          </div>
        )}
        {rows.total === undefined && rows.error === null && <RowBones rows={12} />}
        {rows.total === 0 && !rows.stale && (
          <div className={css['empty']}>
            <Suspense>
              {activeFilters(search).length > 0 ? <NoMatch search={search} go={go} /> : <FirstDay kind={search.kind} />}
            </Suspense>
          </div>
        )}
        {rows.total !== undefined && rows.total > 0 && (
          <>
            <CatalogTable
              kind={search.kind}
              total={rows.total}
              rowAt={rows.at}
              sort={search.sort}
              onSort={(field) => {
                go({ ...search, sort: nextSort(search.sort, field) })
              }}
              onRange={onRange}
              label={words.tab}
            />
            <LeftOut search={search} shown={rows.total} className={css['after'] ?? ''} />
          </>
        )}
      </section>
    </div>
  )
}

interface Rows {
  total: number | undefined
  at: (index: number) => Entity | undefined
  /** What is shown belongs to the search before this one. */
  stale: boolean
  error: Error | null
  again: () => void
}

/** The pages around what is in sight. While a new search is on its way the rows of the last one stay. */
function useRows(search: CatalogSearch, range: { first: number; last: number }): Rows {
  const head = useQuery({ ...pageQuery(search, 0), placeholderData: keepPreviousData })
  // A search that fails has no rows of its own: those of the last one that came stay.
  const [last, setLast] = useState<ListPage>()
  if (head.isSuccess && !head.isPlaceholderData && head.data !== last) setLast(head.data)
  const shown = head.data ?? last
  const from = Math.max(1, Math.floor(range.first / PAGE))
  const to = Math.min(Math.floor((range.last + 20) / PAGE), Math.floor(((shown?.totalItems ?? 1) - 1) / PAGE))
  const indices = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
  const pages = useQueries({ queries: indices.map((i) => pageQuery(search, i)) })
  const at = (index: number) => {
    const number = Math.floor(index / PAGE)
    const answer = number === 0 ? shown : pages[indices.indexOf(number)]?.data
    return answer?.items[index % PAGE]
  }
  const failed = [head, ...pages].find((q) => q.error !== null)
  return {
    total: shown?.totalItems,
    at,
    stale: head.isPlaceholderData || head.data === undefined,
    error: failed?.error ?? null,
    again: () => void failed?.refetch(),
  }
}
