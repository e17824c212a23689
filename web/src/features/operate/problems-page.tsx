import { useSuspenseQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { openProblems, problemsQuery } from '../../lib/ingestion.ts'
import { page } from '../../lib/paths.ts'
import { useTitle } from '../../lib/title.ts'
import { LinkButton } from '../../ui/button.tsx'
import { StaleStrip } from '../../ui/stale-strip.tsx'
import { problemsHeadline } from './problem-words.ts'
import { ProblemsPanel } from './problems-panel.tsx'
import type { ProblemsSearch } from './problems-search.ts'
import css from './operate.module.css'

/** What is wrong with what was read, one problem at a time. */
export function ProblemsPage() {
  useTitle('Problems')
  const search: ProblemsSearch = useSearch({ strict: false })
  const inbox = useSuspenseQuery(problemsQuery)
  const { data: problems } = inbox
  return (
    <div className="page">
      <header className={css['head']}>
        <div>
          <p className="quiet">Problems</p>
          <h1 tabIndex={-1}>{problemsHeadline(openProblems(problems), problems)}</h1>
        </div>
        <LinkButton to={page.sources} variant="subtle">
          All sources
        </LinkButton>
      </header>
      <StaleStrip query={inbox} what="The problems did not load again." />
      <ProblemsPanel problems={problems} search={search} at={page.problems} />
    </div>
  )
}
