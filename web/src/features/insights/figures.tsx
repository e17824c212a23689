import { useQuery } from '@tanstack/react-query'
import { number } from '../../lib/words.ts'
import { page } from '../../lib/paths.ts'
import { stringifySearch } from '../../lib/search-params.ts'
import { QuickLink } from '../../ui/quick-link.tsx'
import { trendQuery, type Coverage, type Measured } from './api.ts'
import type { InsightsSearch, Measure } from './insights-search.ts'
import { missing, ofWords, percent, words } from './insights-words.ts'
import { Spark, trendWords } from './spark.tsx'
import css from './insights.module.css'

interface Props {
  coverage: Coverage
  search: InsightsSearch
}

/** The address of the list behind a number. */
export function listAddress(search: InsightsSearch, measure: Measure, counted = false): string {
  return page.insights + stringifySearch({ ...search, measure, list: counted ? 'counted' : undefined })
}

/** Five shares, each with what it is of, where it comes from, and its history. */
export function Figures({ coverage, search }: Props) {
  return (
    <ul className={css['figs']} aria-label="What the catalog knows">
      {coverage.measures.map((m) => (
        <li key={m.measure} data-open={search.measure?.startsWith(m.measure) ?? false}>
          <h2 className={css['label']}>{words[m.measure].title}</h2>
          {m.state === 'measured' ? (
            <Figure
              measured={m}
              search={search}
              history={coverage.whole && search.scope !== 'nobody' && !search.below}
            />
          ) : (
            <>
              <p className={css['none']}>{m.state === 'withheld' ? 'Not shown to you' : 'Not measured'}</p>
              <p className={css['note']}>
                {m.why} {m.remedy}
              </p>
            </>
          )}
        </li>
      ))}
    </ul>
  )
}

function Figure({ measured: m, search, history }: { measured: Measured; search: InsightsSearch; history: boolean }) {
  const { data: points = [] } = useQuery({ ...trendQuery(m.measure, search), enabled: history })
  const left = missing(m)
  const weighted = search.weighted !== undefined
  const listed = !weighted && left > 0 ? ` ${number(left)} missing` : ''
  return (
    <>
      <QuickLink
        stay
        to={listAddress(search, m.measure)}
        className={css['figure']}
        aria-label={`${words[m.measure].title}: ${String(percent(m))} %, ${ofWords(m.measure, m, weighted)}. Show what is missing`}
      >
        <b className="num">
          {percent(m)}
          <small> %</small>
        </b>
        <Spark points={points} />
      </QuickLink>
      <p className={css['note']}>
        <QuickLink stay className={css['n']} to={listAddress(search, m.measure, true)}>
          {ofWords(m.measure, m, weighted)}
        </QuickLink>
        {listed && ' ·'}
        {listed}
      </p>
      {m.measure === 'docs' && <p className={css['note']}>configured; whether they build is not measured</p>}
      {m.unknown !== undefined && <p className={css['note']}>{number(m.unknown)} of unknown activity</p>}
      {m.parts && (
        <ul className={css['parts']}>
          {m.parts.map((part) => (
            <li key={part.measure}>
              <QuickLink stay className={css['n']} to={listAddress(search, part.measure, true)}>
                {number(part.numerator)} {words[part.measure].title}
              </QuickLink>
            </li>
          ))}
        </ul>
      )}
      {m.providers && m.providers.length > 1 && (
        <ul className={css['parts']}>
          {m.providers.map((p) => (
            <li key={p.provider}>
              {p.provider} {number(p.linked)} of {number(p.active)}
            </li>
          ))}
        </ul>
      )}
      {history && <p className={css['note']}>{trendWords(points) || '\u00a0'}</p>}
    </>
  )
}
