import { useQuery } from '@tanstack/react-query'
import { page } from '../../lib/paths.ts'
import { stringifySearch } from '../../lib/search-params.ts'
import { count, number } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { Monogram } from '../../ui/owner.tsx'
import { QuickLink } from '../../ui/quick-link.tsx'
import { Section } from '../../ui/section.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { teamsQuery, type TeamRow } from './api.ts'
import { listAddress } from './figures.tsx'
import type { InsightsSearch, Measure } from './insights-search.ts'
import { level, ofWords, percent, words } from './insights-words.ts'
import css from './insights.module.css'

const columns: Measure[] = ['ownership', 'docs', 'definitions', 'apis']

/** Where the gaps are: what each team owns itself, who has most of all gaps first. */
export function TeamTable({ search }: { search: InsightsSearch }) {
  const { data, error, refetch } = useQuery(teamsQuery(search))
  if (!data && error) return <ErrorStrip error={error} what="The teams did not load." onRetry={() => void refetch()} />
  if (!data) return <RowBones rows={8} />
  if (data.items.length === 0) return null
  const hidden = data.total - data.items.length
  return (
    <Section
      title="Where the gaps are"
      note="by team, % of what it owns itself; every cell opens its list"
      end={
        <span className={css['legend']} aria-hidden="true">
          complete
          {[0, 1, 2, 3, 4, 5].map((step) => (
            <i key={step} data-level={step} />
          ))}
          missing
        </span>
      }
    >
      <div className={css['scroll']} role="region" aria-label="Teams and what is missing of what they own">
        <table className={css['heat']}>
          <thead>
            <tr>
              <th scope="col">Team</th>
              <th scope="col" className={css['right']}>
                Owns
              </th>
              {columns.map((m) => (
                <th key={m} scope="col" className={css['center']}>
                  {words[m].title}
                </th>
              ))}
              <th scope="col" className={css['right']} aria-sort="descending">
                Share of all gaps
              </th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((row) => (
              <Team key={row.ref} row={row} search={search} />
            ))}
          </tbody>
        </table>
      </div>
      {hidden > 0 && <p className="quiet small">{count(hidden, 'team')} with fewer gaps are not in this table.</p>}
    </Section>
  )
}

function Team({ row, search }: { row: TeamRow; search: InsightsSearch }) {
  const title = row.ref === '' ? 'No team' : (row.title ?? row.ref.replace(/^.*\//, ''))
  const { weighted } = search
  const scope = row.ref || 'nobody'
  const owns = row.shares.ownership?.denominator ?? 0
  const ofAll = percent({ numerator: row.ofAll, denominator: 1 })
  return (
    <tr>
      <th scope="row">
        <QuickLink className={css['team']} to={page.insights + stringifySearch({ scope, weighted })}>
          <Monogram title={title} absent={row.ref === ''} />
          <span className="cut" title={row.ref || undefined}>
            {title}
          </span>
        </QuickLink>
      </th>
      <td className={`${css['right'] ?? ''} num`}>{number(owns)}</td>
      {columns.map((m) => {
        const share = row.shares[m]
        if (!share || share.denominator === 0)
          return (
            <td key={m} className={css['cell']}>
              <span className={css['nothing']}>
                <span aria-hidden="true">–</span>
                <span className="sr">none</span>
              </span>
            </td>
          )
        return (
          <td key={m} className={css['cell']}>
            <QuickLink
              className="num"
              data-level={level(share)}
              to={listAddress({ scope, below: 'no', weighted }, m)}
              aria-label={`${title}, ${words[m].title}: ${String(percent(share))} %, ${ofWords(m, share, weighted !== undefined)}`}
            >
              {percent(share)}
            </QuickLink>
          </td>
        )
      })}
      <td className={`${css['right'] ?? ''} num`}>
        <span className={css['share']}>
          <svg width="64" height="4" aria-hidden="true">
            <rect width="64" height="4" rx="2" className={css['track']} />
            <rect width={(64 * ofAll) / 100} height="4" rx="2" className={css['bar']} />
          </svg>
          <span>{ofAll} %</span>
        </span>
      </td>
    </tr>
  )
}
