import { Link } from '@tanstack/react-router'
import type { Problems } from '../../lib/portico.ts'
import { number } from '../../lib/words.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { RefName } from '../../ui/entity-link.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Status } from '../../ui/status.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import tabs from '../../ui/tabs.module.css'
import { ProblemDetail } from './problem-detail.tsx'
import { problemLines } from './problem-words.ts'
import { problemTabs, type ProblemsSearch, type ProblemTab } from './problems-search.ts'
import css from './operate.module.css'

const titles: Record<ProblemTab, string> = {
  errors: 'Errors',
  conflicts: 'Conflicts',
  missing: 'Missing',
  removed: 'Removed',
}

const fine: Record<ProblemTab, { title: string; words: string }> = {
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
  removed: {
    title: 'Nothing was removed in 30 days',
    words: 'What was removed can be restored from here for 30 days.',
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
  const lines = problemLines(problems, tab)
  const chosen = lines.find((l) => l.id === search.problem || l.id.startsWith(`${search.problem ?? ' '} `)) ?? lines[0]
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
      {chosen ? (
        <div className={css['prob']}>
          <ul className={css['list']} aria-label={titles[tab]}>
            {lines.map((line) => (
              <li key={line.id}>
                <Link
                  to={at}
                  search={{ tab, problem: line.id }}
                  resetScroll={false}
                  activeProps={{}}
                  aria-current={line === chosen ? 'true' : undefined}
                >
                  <Status shape={line.shape} />
                  <b className="cut">
                    {'ref' in line.about ? <RefName entityRef={line.about.ref} /> : line.about.file}
                  </b>
                  <span className="quiet small">
                    <Fresh at={line.since} />
                  </span>
                  <p>{line.words}</p>
                </Link>
              </li>
            ))}
            {problems.totals[tab] > problems[tab].length && (
              <li className={css['more']}>
                These are {number(problems[tab].length)} of {number(problems.totals[tab])}. The next ones come up as
                these go.
              </li>
            )}
          </ul>
          <ProblemDetail key={chosen.id} problems={problems} tab={tab} id={chosen.id} />
        </div>
      ) : (
        <div className={css['empty']}>
          <EmptyState door="lit" title={fine[tab].title}>
            <p>{fine[tab].words}</p>
          </EmptyState>
        </div>
      )}
    </>
  )
}
