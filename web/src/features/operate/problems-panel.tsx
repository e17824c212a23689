import { Link } from '@tanstack/react-router'
import type { Problems } from '../../lib/portico.ts'
import { number } from '../../lib/words.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import tabs from '../../ui/tabs.module.css'
import { ProblemDetail } from './problem-detail.tsx'
import { ProblemList } from './problem-list.tsx'
import { problemLines } from './problem-words.ts'
import { problemTabs, type ProblemsSearch, type ProblemTab } from './problems-search.ts'
import { RemovedPanel } from './removed-panel.tsx'
import css from './operate.module.css'

const titles: Record<ProblemTab, string> = {
  errors: 'Errors',
  conflicts: 'Conflicts',
  missing: 'Missing',
  removed: 'Removed',
}

const fine: Record<Exclude<ProblemTab, 'removed'>, { title: string; words: string }> = {
  errors: {
    title: 'Every file reads well',
    words: 'A file that cannot be read or does not fit its kind shows up here with its line.',
  },
  conflicts: {
    title: 'Nobody claims the same thing twice',
    words: 'When two sources declare one entity, the first keeps it and the second is listed here.',
  },
  missing: {
    title: 'Nothing is missing',
    words: 'An entity whose file vanished stays here, dated, until it returns or its grace ends.',
  },
}

interface Props {
  problems: Problems
  search: ProblemsSearch
  /** The page on which the panel stands; its URL carries the tab and the chosen problem. */
  at: string
}

/** Four lists, and the chosen one in full. */
export function ProblemsPanel({ problems, search, at }: Props) {
  const tab = search.tab ?? problemTabs.find((t) => problems[t].length > 0) ?? 'errors'
  return (
    <>
      <Tabs label="Problems">
        {problemTabs.map((t) => (
          <Link
            key={t}
            to={at}
            search={{ tab: t }}
            resetScroll={false}
            className={tabs['tab']}
            activeProps={{}}
            aria-current={t === tab ? 'true' : undefined}
          >
            {titles[t]}
            <span className={tabs['n']}>{number(problems.totals[t])}</span>
          </Link>
        ))}
      </Tabs>
      {tab === 'removed' ? (
        <RemovedPanel search={search} at={at} total={problems.totals.removed} />
      ) : (
        <OpenPanel problems={problems} tab={tab} search={search} at={at} />
      )}
    </>
  )
}

/** What waits for somebody: as it is worked off, the rest comes up. */
function OpenPanel({ problems, tab, search, at }: Props & { tab: Exclude<ProblemTab, 'removed'> }) {
  const lines = problemLines(problems, tab)
  const chosen = lines.find((l) => l.id === search.problem || l.id.startsWith(`${search.problem ?? ' '} `)) ?? lines[0]
  if (!chosen) {
    return (
      <div className={css['empty']}>
        <EmptyState door="lit" title={fine[tab].title}>
          <p>{fine[tab].words}</p>
        </EmptyState>
      </div>
    )
  }
  return (
    <div className={css['prob']}>
      <ProblemList label={titles[tab]} lines={lines} chosen={chosen} search={{ tab }} at={at}>
        {problems.totals[tab] > problems[tab].length &&
          `These are ${number(problems[tab].length)} of ${number(problems.totals[tab])}. The next ones come up as these go.`}
      </ProblemList>
      <ProblemDetail key={chosen.id} problems={problems} tab={tab} id={chosen.id} />
    </div>
  )
}
