import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { problemsQuery, sourcesQuery } from '../../lib/ingestion.ts'
import type { FacetValue } from '../../lib/kinds.ts'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { capital, kindWords, listed, number } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { Areas } from './areas.tsx'
import { Attention } from './attention.tsx'
import { ChangeFeed } from './change-feed.tsx'
import { Head } from './head.tsx'
import { homeHeadline } from './headline.ts'
import { Kept, Start } from './rail.tsx'
import css from './home.module.css'

/** Home of a guest whom the catalog does not know: the whole catalog, and what asks for those who run it. */
export function CatalogHome({ kinds, total }: { kinds: FacetValue[]; total: number }) {
  const operator = allowed(useSession(), 'catalog.ingestion.read')
  const sources = useQuery({ ...sourcesQuery, enabled: operator })
  const problems = useQuery({ ...problemsQuery, enabled: operator })
  const waiting = operator && (sources.isPending || problems.isPending)
  const lost = [
    { query: sources, name: 'the sources' },
    { query: problems, name: 'the problems' },
  ].filter(({ query }) => query.error)
  const headline = homeHeadline(total, sources.data ?? [], problems.data)
  return (
    <div className="page">
      <Head {...headline} waiting={waiting} />
      <div className={css['two']}>
        <div className={css['main']}>
          {waiting ? (
            <RowBones rows={10} />
          ) : (
            <>
              {lost[0] && (
                <ErrorStrip
                  error={lost[0].query.error}
                  what={capital(`${listed(lost.map(({ name }) => name))} did not load.`)}
                  kept={
                    lost.every(({ query }) => query.data)
                      ? 'You see what was there last.'
                      : 'Whether something needs you is not known.'
                  }
                  onRetry={() => {
                    for (const { query } of lost) void query.refetch()
                  }}
                />
              )}
              <Attention sources={sources.data ?? []} problems={problems.data} />
              <ChangeFeed />
              <Areas />
            </>
          )}
        </div>
        <div className={css['rail']}>
          <Kinds kinds={kinds} total={total} />
          <Kept />
          <Start />
        </div>
      </div>
    </div>
  )
}

/** The catalog in numbers, for whom it is the first thing to know. */
export function Kinds({ kinds, total }: { kinds: FacetValue[]; total: number }) {
  return (
    <aside aria-label="In the catalog">
      <h2>
        In the catalog <span className="quiet num">{number(total)}</span>
      </h2>
      <ul className="hairlines">
        {kinds.map(({ value, count }) => (
          <li key={value}>
            <Link to={page.catalog} search={{ kind: value }} className={css['to']}>
              <KindGlyph kind={value} />
              <span>{kindWords(value).tab}</span>
              <span className="num quiet end">{number(count)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </aside>
  )
}
