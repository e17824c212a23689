import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useDeferredValue, useMemo, useState } from 'react'
import { kindsQuery } from '../../lib/kinds.ts'
import { page } from '../../lib/paths.ts'
import { useTitle } from '../../lib/title.ts'
import { kindWords } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { countQuery } from './api.ts'
import { useAsker } from './asker.ts'
import type { Asker } from './catalog-query.ts'
import {
  activeFilters,
  nextSort,
  parseCatalogSearch,
  toggled,
  toggledOwned,
  type CatalogSearch,
} from './catalog-search.ts'
import { ApisLink } from './apis-link.tsx'
import { FacetBones } from './facet-bones.tsx'
import { FilterBar } from './filter-bar.tsx'
import { isKind, KindTabs } from './kind-tabs.tsx'
import { LeftOut } from './left-out.tsx'
import { CatalogMap, CatalogTable, Facets } from './chunks.ts'
import { HeadTools, ListTools, ViewsMenu } from './tools.tsx'
import { useRows, type Range } from './use-rows.ts'
import { useSelection } from './use-selection.ts'
import css from './catalog.module.css'

// Shown when there are no rows, so not paid for when there are.
const noRows = () => import('./no-rows.tsx')
const NoMatch = lazy(async () => ({ default: (await noRows()).NoMatch }))
const NoSuchKind = lazy(async () => ({ default: (await noRows()).NoSuchKind }))
const FirstDay = lazy(async () => ({ default: (await import('../../ui/first-day.tsx')).FirstDay }))
const ActionBar = lazy(async () => ({ default: (await import('./action-bar.tsx')).ActionBar }))

/** Which things exist that …? One kind at a time; the whole state stands in the URL. */
export function CatalogPage() {
  // What the route did not understand the router still hands on as it was written.
  const written = useSearch({ strict: false })
  const search = useMemo(() => parseCatalogSearch(written), [written])
  const navigate = useNavigate()
  const kinds = useSuspenseQuery(kindsQuery).data
  const asker = useAsker()
  const there = isKind(kinds, search.kind)
  useTitle(there ? kindWords(search.kind).tab : 'No such kind')

  const go = useCallback(
    (next: CatalogSearch, replace = false) =>
      void navigate({ to: page.catalog, search: next, replace, resetScroll: false }),
    [navigate],
  )

  return (
    <div className={`page ${css['page'] ?? ''}`}>
      <div className={css['head']}>
        <h1 tabIndex={-1}>Catalog</h1>
        <ViewsMenu search={search} go={go} />
        <span className="grow" />
        <HeadTools search={search} asker={asker} go={go} />
      </div>
      <KindTabs kinds={kinds} search={search} />
      {kinds.length === 0 ? (
        <div className={css['empty']}>
          <Suspense>
            <FirstDay />
          </Suspense>
        </div>
      ) : there ? (
        <Kind key={search.kind} search={search} asker={asker} go={go} />
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
  asker: Asker
  go: (next: CatalogSearch, replace?: boolean) => void
}

function Kind({ search, asker, go }: KindProps) {
  const [range, setRange] = useState<Range>({ first: 0, last: 0 })
  const onRange = useCallback((first: number, last: number) => {
    setRange({ first, last })
  }, [])
  const rows = useRows(search, asker, range)
  const whole = useQuery(countQuery({ kind: search.kind }, asker))
  const selection = useSelection(search, go)
  const words = kindWords(search.kind)
  const onMap = search.view === 'map'
  const facets = useMemo(() => <KindFacets search={search} asker={asker} go={go} />, [search, asker, go])
  const tools = useMemo(() => <ListTools search={search} go={go} />, [search, go])
  const asked = useMemo(
    () => ({
      rows: rows.loaded,
      kind: search.kind,
      cols: search.cols,
      sort: search.sort,
    }),
    [rows.loaded, search],
  )
  // Other rows are drawn when there is time, in pieces: what was typed or pressed is seen before. The first ones are at once.
  const late = useDeferredValue(asked)
  const shown = late.rows.total ? late : asked
  const onSort = useCallback(
    (field: string) => {
      go({ ...search, sort: nextSort(search.sort, field) })
    },
    [search, go],
  )
  const total = rows.loaded.total
  const drawn = shown.rows.total ?? 0
  return (
    <div className={css['cols']}>
      <aside className={`${css['aside'] ?? ''} wide`} aria-label="Filters">
        {facets}
        {search.kind === 'api' && <ApisLink />}
      </aside>
      <section aria-label={words.tab}>
        <FilterBar
          search={search}
          go={go}
          total={total}
          whole={whole.data}
          stale={rows.stale}
          facets={facets}
          tools={tools}
        />
        {rows.error !== null && (
          <div className={css['failed']}>
            <ErrorStrip
              error={rows.error}
              what="The rows did not load."
              kept={total === undefined ? 'Your filters are kept.' : 'You see the last ones; your filters are kept.'}
              onRetry={rows.again}
            />
          </div>
        )}
        {total === undefined && rows.error === null && !onMap && (
          <div className={css['bones']}>
            <RowBones rows={12} />
          </div>
        )}
        {total === 0 && !rows.stale && (
          <div className={css['empty']}>
            <Suspense>
              {activeFilters(search).length > 0 ? (
                <NoMatch search={search} asker={asker} go={go} />
              ) : (
                <FirstDay kind={search.kind} />
              )}
            </Suspense>
          </div>
        )}
        {onMap && total !== 0 && <KindMap search={search} asker={asker} go={go} />}
        {!onMap && total !== 0 && drawn > 0 && (
          <>
            <CatalogTable
              meanwhile={
                <div className={css['bones']}>
                  <RowBones rows={12} />
                </div>
              }
              {...shown}
              onSort={onSort}
              onRange={onRange}
              selected={selection.selected}
              onSelect={selection.select}
              actions={selection.actions}
              label={words.tab}
            />
            <LeftOut search={search} asker={asker} shown={drawn} className={css['after'] ?? ''} />
          </>
        )}
        {selection.selected.size > 0 && !onMap && (
          <Suspense>
            <ActionBar selection={selection} search={search} />
          </Suspense>
        )}
      </section>
    </div>
  )
}

function KindFacets({ search, asker, go }: KindProps) {
  return (
    <Facets
      meanwhile={<FacetBones />}
      search={search}
      asker={asker}
      onToggle={(facet, value) => {
        go(toggled(search, facet, value))
      }}
      onOwned={(value) => {
        go(toggledOwned(search, value))
      }}
      onStarred={() => {
        go({ ...search, starred: search.starred ? undefined : true })
      }}
      onAttention={() => {
        go({ ...search, attention: search.attention ? undefined : true })
      }}
    />
  )
}

function KindMap(props: KindProps) {
  return <CatalogMap {...props} meanwhile={<div className={css['mapBone']} />} />
}
