import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { openProblems, problemsQuery, sourcesQuery } from '../../lib/ingestion.ts'
import { page } from '../../lib/paths.ts'
import { useTitle } from '../../lib/title.ts'
import { StaleStrip } from '../../ui/stale-strip.tsx'
import { providersQuery } from './providers-api.ts'
import { HeldBand } from './held-band.tsx'
import { ProblemsPanel } from './problems-panel.tsx'
import type { ProblemsSearch } from './problems-search.ts'
import { Providers } from './chunks.ts'
import { SourcesTable } from './sources-table.tsx'
import { sourcesHeadline } from './sources-words.ts'
import css from './operate.module.css'

const NoSource = lazy(async () => ({ default: (await import('./no-source.tsx')).NoSource }))

/** Who may not see accounts, as their repositories' names would tell of hidden entities, has the table alone. */
function Accounts({ search }: { search: ProblemsSearch }) {
  const { isSuccess } = useQuery(providersQuery)
  return isSuccess && <Providers search={search} />
}

/** Is the catalog true, and what must I decide? */
export function SourcesPage() {
  useTitle('Sources and problems')
  const search: ProblemsSearch = useSearch({ strict: false })
  const asked = useSuspenseQuery(sourcesQuery)
  const inbox = useSuspenseQuery(problemsQuery)
  const { data: sources } = asked
  const { data: problems } = inbox
  const { fine, needs } = sourcesHeadline(sources)
  return (
    <div className="page">
      <header className={css['head']}>
        <div>
          <p className="quiet">Sources and problems</p>
          <h1 tabIndex={-1}>
            {fine && <span className="quiet">{fine}</span>} {needs}
          </h1>
        </div>
      </header>
      <StaleStrip query={asked} what="The sources did not load again." />
      {sources
        .filter((s) => s.held !== null)
        .map((source) => (
          <HeldBand key={source.id} source={source} />
        ))}
      {sources.length === 0 ? (
        <Suspense>
          <NoSource />
        </Suspense>
      ) : (
        <SourcesTable sources={sources} />
      )}
      {sources.some((s) => s.kind === 'provider') && <Accounts search={search} />}
      {(sources.length > 0 || openProblems(problems) + problems.totals.removed > 0) && (
        <section className="sec" aria-label="Problems">
          <StaleStrip query={inbox} what="The problems did not load again." />
          <ProblemsPanel problems={problems} search={search} at={page.sources} />
        </section>
      )}
    </div>
  )
}
