import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { page } from '../../lib/paths.ts'
import { useTitle } from '../../lib/title.ts'
import { capital, count } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FilterField } from '../../ui/filter-field.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { deprecatedQuery, groupsQuery } from './apis-api.ts'
import { groupings, parseApisSearch, type ApisSearch } from './apis-search.ts'
import { apisSentence } from './apis-words.ts'
import { ApisTable } from './chunks.ts'
import { Deprecated } from './deprecated.tsx'
import css from './apis.module.css'

const FirstDay = lazy(async () => ({ default: (await import('../../ui/first-day.tsx')).FirstDay }))

/** Which APIs are there, whose are they, and which of the old ones does somebody still need? */
export function ApisPage() {
  useTitle('APIs')
  const search = parseApisSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  const go = (next: ApisSearch, replace = false) =>
    void navigate({ to: page.apis, search: { ...next }, replace, resetScroll: false })
  const old = useQuery(deprecatedQuery)
  const groups = useQuery(groupsQuery(search))
  const failed = old.isError ? old : groups.isError ? groups : undefined
  return (
    <div className={`page ${css['page'] ?? ''}`}>
      <h1 tabIndex={-1}>APIs</h1>
      {old.data?.total !== 0 && (
        <p className={css['sentence']} role="status">
          {old.data ? apisSentence(old.data) : '\u00a0'}
        </p>
      )}
      {failed && (
        <div className={css['strip']}>
          <ErrorStrip
            error={failed.error}
            what="The APIs did not load."
            kept={groups.data ? 'You see the last ones.' : undefined}
            onRetry={() => void failed.refetch()}
          />
        </div>
      )}
      {old.data && old.data.deprecated.length > 0 && <Deprecated {...old.data} />}
      {old.data?.total === 0 ? (
        <div className={css['strip']}>
          <Suspense>
            <FirstDay kind="api" />
          </Suspense>
        </div>
      ) : (
        <section className="sec" aria-label="All APIs">
          <div className={css['bar']}>
            <FilterField
              value={search.q}
              label="Filter APIs by name, title, tag or text"
              placeholder="Filter by name, title, tag or text"
              onChange={(q) => {
                go({ ...search, q }, true)
              }}
            />
            <nav className={css['by']} aria-label="Grouped by">
              <span className="quiet small">Group by</span>
              <span className={css['groups']}>
                {[undefined, ...groupings].map((group) => (
                  <Link
                    key={group ?? ''}
                    to={page.apis}
                    search={{ ...search, group }}
                    resetScroll={false}
                    activeOptions={{ exact: true }}
                  >
                    {group ? capital(group) : 'Nothing'}
                  </Link>
                ))}
              </span>
            </nav>
            <Link className={`${css['catalog'] ?? ''} link`} to={page.catalog} search={{ kind: 'api' }}>
              In the catalog
            </Link>
          </div>
          {groups.data === undefined && !groups.isError && <RowBones rows={12} />}
          {groups.data && groups.data.length > 0 && (
            <ApisTable
              meanwhile={<RowBones rows={12} />}
              groups={groups.data}
              search={search}
              stale={groups.isPlaceholderData}
            />
          )}
          {groups.data?.length === 0 && !groups.isPlaceholderData && search.q && (
            <EmptyState
              door="open"
              title={`Nothing matches “${search.q}”`}
              actions={
                <Button
                  onClick={() => {
                    go({ ...search, q: undefined })
                  }}
                >
                  Clear the filter
                </Button>
              }
            >
              <p>
                Names, titles, descriptions and tags of{' '}
                {old.data ? `all ${count(old.data.total, 'API', 'APIs')}` : 'all APIs'} were looked at.
              </p>
            </EmptyState>
          )}
        </section>
      )}
    </div>
  )
}
