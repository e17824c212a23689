import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { problemsQuery, sourcesQuery } from '../../lib/ingestion.ts'
import { kindsQuery, type FacetValue } from '../../lib/kinds.ts'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { useTitle } from '../../lib/title.ts'
import { kindWords, number } from '../../lib/words.ts'
import { RowBones } from '../../ui/bones.tsx'
import { LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Areas } from './areas.tsx'
import { Attention } from './attention.tsx'
import { ChangeFeed } from './change-feed.tsx'
import { homeHeadline } from './headline.ts'
import css from './home.module.css'

/** Does anything need somebody, and what moved? */
export function HomePage() {
  useTitle('Home')
  const session = useSession()
  const operator = allowed(session, 'catalog.ingestion.read')
  const kinds = useSuspenseQuery(kindsQuery).data
  const sources = useQuery({ ...sourcesQuery, enabled: operator })
  const problems = useQuery({ ...problemsQuery, enabled: operator })
  const total = kinds.reduce((sum, k) => sum + k.count, 0)
  const waiting = operator && (sources.isPending || problems.isPending)
  const headline = homeHeadline(total, sources.data ?? [], problems.data)
  return (
    <div className="page">
      <header className={css['head']}>
        <p className="quiet">{session.portal.organization ?? session.portal.title}</p>
        <h1 tabIndex={-1} className={waiting ? css['waiting'] : undefined}>
          {headline.first} {headline.rest && <span className="quiet">{headline.rest}</span>}
        </h1>
      </header>
      {total === 0 ? (
        <Empty operator={operator} />
      ) : (
        <div className={css['two']}>
          <div className={css['main']}>
            {waiting ? (
              <RowBones rows={10} />
            ) : (
              <>
                <Attention sources={sources.data ?? []} problems={problems.data} />
                <ChangeFeed />
                <Areas />
              </>
            )}
          </div>
          <Kinds kinds={kinds} total={total} />
        </div>
      )}
    </div>
  )
}

function Kinds({ kinds, total }: { kinds: FacetValue[]; total: number }) {
  return (
    <aside className={css['rail']} aria-label="In the catalog">
      <h2>
        In the catalog <span className="quiet num">{number(total)}</span>
      </h2>
      <ul className="hairlines">
        {kinds.map(({ value, count }) => (
          <li key={value}>
            <Link to={page.catalog} search={{ kind: value }} className={css['kind']}>
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

function Empty({ operator }: { operator: boolean }) {
  return (
    <EmptyState
      door="lit"
      title="Nothing in the catalog yet"
      actions={operator && <LinkButton to={page.sources}>See the sources</LinkButton>}
    >
      <p>
        Point Portico at a folder or a repository under catalog.locations in its configuration. What it reads stands
        here a second later.
      </p>
    </EmptyState>
  )
}
