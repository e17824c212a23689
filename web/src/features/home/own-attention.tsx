import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { parseRef, refOf, titleOf } from '../../lib/entity.ts'
import { page } from '../../lib/paths.ts'
import type { Source } from '../../lib/portico.ts'
import { useNow } from '../../lib/now.ts'
import { count, kindWords, number } from '../../lib/words.ts'
import { LinkButton } from '../../ui/button.tsx'
import { Status } from '../../ui/status.tsx'
import type { Need, Owned, Standing } from '../../lib/owned.ts'
import { askingQuery } from './api.ts'
import { KindLinks } from './kind-links.tsx'
import { askingKinds, faultOf, needWords } from './need-words.ts'
import css from './home.module.css'

const MOST = 5

/** What asks for whoever looks: removals that they may decide, then what of theirs is broken or about to be. */
export function OwnAttention({ owned, owners, held }: { owned: Owned; owners: string[]; held: Source[] }) {
  const now = useNow()
  const known = askingKinds(owned)
  const asked = useQuery({ ...askingQuery(owners), enabled: known === undefined })
  const kinds = known ?? asked.data
  const asking = owned.items.filter((s) => s.level >= 2)
  if (asking.length + held.length === 0) return null
  const shown = asking.slice(0, MOST)
  const rest = owned.levels.bad + owned.levels.warn - shown.length
  return (
    <section aria-label="Needs you" className={css['attention']}>
      <ul className="hairlines">
        {held.map((source) => (
          <li key={source.id} className={css['item']}>
            <Status shape="bad" size="large" />
            <div>
              <p>
                <b className={css['title']}>{source.title}</b> <span className="muted">source</span>
              </p>
              <p className="muted">
                {number(source.held?.missing ?? 0)} of {number(source.held?.of ?? 0)} entities would disappear. Nothing
                was removed.
              </p>
            </div>
            <LinkButton to={page.sources} size="xs">
              Decide
            </LinkButton>
          </li>
        ))}
        {shown.map((standing) => (
          <Item key={refOf(standing.entity)} standing={standing} now={now} />
        ))}
      </ul>
      {rest > 0 && (
        <p className={`${css['rest'] ?? ''} muted`}>
          And {number(rest)} more.
          {kinds && (
            <>
              {' All of it in the catalog: '}
              <KindLinks kinds={kinds} search={{ owner: owners, attention: 'true' }} />.
            </>
          )}
        </p>
      )}
    </section>
  )
}

function Item({ standing, now }: { standing: Standing; now: Date }) {
  const { entity, needs, level } = standing
  const ref = refOf(entity)
  const [first, ...others] = needs
  if (!first) return null
  const more = others.length + (standing.moreNeeds ?? 0)
  const way = wayOut(ref, first)
  return (
    <li className={css['item']}>
      <Status shape={level === 3 ? 'bad' : 'warn'} size="large" />
      <div>
        <p>
          <b className={css['title']}>
            <Link to={page.entity(ref)}>{titleOf(entity)}</Link>
          </b>{' '}
          <span className="muted">
            {first.what === 'error' ? faultOf(first.message ?? '').where : kindWords(parseRef(ref).kind).one}
          </span>
        </p>
        <p className="muted">
          {needWords(first, now)}
          {more > 0 && ` And ${count(more, 'more thing')}.`}
        </p>
      </div>
      <LinkButton to={way.to} size="xs">
        {way.words}
      </LinkButton>
    </li>
  )
}

function wayOut(ref: string, { what }: Need): { to: string; words: string } {
  switch (what) {
    case 'error':
      return { to: page.entity(ref, 'source'), words: 'See the line' }
    case 'missing':
      return { to: page.entity(ref, 'history'), words: 'See what happened' }
    case 'conflict':
      return { to: page.entity(ref, 'source'), words: 'See its file' }
    default:
      return { to: page.entity(ref, 'dependencies'), words: 'See what it uses' }
  }
}
