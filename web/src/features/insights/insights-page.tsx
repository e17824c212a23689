import { useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import { stringifySearch } from '../../lib/search-params.ts'
import { useTitle } from '../../lib/title.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { EntityLink } from '../../ui/entity-link.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { QuickLink } from '../../ui/quick-link.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { StaleStrip } from '../../ui/stale-strip.tsx'
import { coverageQuery } from './api.ts'
import { Figures } from './figures.tsx'
import type { InsightsSearch } from './insights-search.ts'
import { headline } from './insights-words.ts'
import { TeamTable } from './team-table.tsx'
import { WorkList } from './work-list.tsx'
import css from './insights.module.css'

/** What does the catalog know, and where is most missing? */
export function InsightsPage() {
  useTitle('Insights')
  const search: InsightsSearch = useSearch({ strict: false })
  const navigate = useNavigate()
  const go = (next: InsightsSearch) =>
    void navigate({ to: page.insights, search: next, resetScroll: false, replace: true })
  const asked = useSuspenseQuery(coverageQuery(search))
  const coverage = asked.data
  const { fine, needs } = headline(coverage, search.weighted !== undefined)
  const nothing = coverage.measures.every((m) => m.state !== 'measured')
  return (
    <div className="page">
      <header className={css['head']}>
        <div>
          <Scope search={search} />
          <h1 tabIndex={-1}>
            {fine && <span className="quiet">{fine}</span>} {needs}
          </h1>
        </div>
        <div className={css['tools']}>
          <span className="quiet small">
            measured <Fresh at={coverage.at} />
          </span>
          {coverage.team && (
            <Segmented
              label="Which teams"
              value={search.below ?? 'yes'}
              options={[
                { value: 'yes', label: 'With teams below' },
                { value: 'no', label: 'Itself' },
              ]}
              onChange={(value) => {
                go({ ...search, below: value === 'no' ? 'no' : undefined })
              }}
            />
          )}
          <Segmented
            label="What each counts"
            value={search.weighted ?? 'no'}
            options={[
              { value: 'no', label: 'All alike' },
              { value: 'yes', label: 'By tier' },
            ]}
            onChange={(value) => {
              go({ ...search, weighted: value === 'yes' ? 'yes' : undefined })
            }}
          />
        </div>
      </header>
      <StaleStrip query={asked} what="The numbers did not load again." />
      <Figures coverage={coverage} search={search} />
      {!coverage.whole && (
        <p className={`${css['notes'] ?? ''} quiet small`}>
          Policies hide some entities from you. These are the numbers of what you see; the history is of everything, and
          not shown.
        </p>
      )}
      {search.measure && <WorkList search={search} measure={search.measure} />}
      {nothing && !search.scope ? (
        <EmptyState door="lit" title="There is nothing to measure yet">
          <p>
            The numbers come with the first entities.{' '}
            <QuickLink className="link" to={page.register}>
              Register something
            </QuickLink>
            , or connect a source.
          </p>
        </EmptyState>
      ) : (
        !search.scope && <TeamTable search={search} />
      )}
    </div>
  )
}

/** What is measured, and the way back to everything. */
function Scope({ search }: { search: InsightsSearch }) {
  const { scope, weighted } = search
  if (!scope) return <p className="quiet">Insights</p>
  return (
    <p className={css['scope']}>
      <QuickLink className="link" to={page.insights + stringifySearch({ weighted })}>
        Everything
      </QuickLink>
      <span aria-hidden="true">›</span>
      {scope === 'nobody' ? <span>No team</span> : <EntityLink entityRef={scope} />}
    </p>
  )
}
