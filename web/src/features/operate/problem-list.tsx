import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { RefName } from '../../ui/entity-link.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Status } from '../../ui/status.tsx'
import type { ProblemLine } from './problem-words.ts'
import type { ProblemsSearch } from './problems-search.ts'
import css from './operate.module.css'

interface Props {
  label: string
  lines: ProblemLine[]
  chosen: ProblemLine
  search: ProblemsSearch
  at: string
  /** The end of the list: how many more there are. */
  children?: ReactNode
}

/** The list beside the detail; each line is a link to itself as chosen. */
export function ProblemList({ label, lines, chosen, search, at, children }: Props) {
  return (
    <ul className={css['list']} aria-label={label}>
      {lines.map((line) => (
        <li key={line.id}>
          <Link
            to={at}
            search={{ ...search, problem: line.id }}
            resetScroll={false}
            activeProps={{}}
            aria-current={line === chosen ? 'true' : undefined}
          >
            <Status shape={line.shape} />
            <b className="cut">{'ref' in line.about ? <RefName entityRef={line.about.ref} /> : line.about.file}</b>
            <span className="quiet small">
              <Fresh at={line.since} />
            </span>
            <p>{line.words}</p>
          </Link>
        </li>
      ))}
      {children && <li className={css['more']}>{children}</li>}
    </ul>
  )
}
