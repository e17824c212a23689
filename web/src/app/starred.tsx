import { Link } from '@tanstack/react-router'
import { page } from '../lib/paths.ts'
import { useNewestStars } from '../lib/stars.ts'
import { useMention } from '../lib/summaries.ts'
import { number } from '../lib/words.ts'
import { KindGlyph } from '../ui/kind-glyph.tsx'
import css from './column.module.css'

const SHOWN = 7

/** What the person starred, the newest first; nothing while nothing is. */
export function Starred() {
  const refs = useNewestStars()
  if (refs.length === 0) return null
  return (
    <>
      <p className={css['heading']} id="starred">
        Starred
      </p>
      <ul className={css['starred']} aria-labelledby="starred">
        {refs.slice(0, SHOWN).map((ref) => (
          <li key={ref}>
            <StarredItem entityRef={ref} />
          </li>
        ))}
        {refs.length > SHOWN && (
          <li>
            <Link to={page.kept} className={`${css['nav'] ?? ''} ${css['all'] ?? ''}`}>
              <span className={css['label']}>All {number(refs.length)} starred</span>
            </Link>
          </li>
        )}
      </ul>
    </>
  )
}

function StarredItem({ entityRef }: { entityRef: string }) {
  const { title, kind, summary } = useMention(entityRef)
  const gone = summary === null
  return (
    <Link
      to={page.entity(entityRef)}
      className={`${css['nav'] ?? ''} ${css['small'] ?? ''}`}
      activeOptions={{ exact: false, includeSearch: false }}
      title={gone ? `${title} is not in the catalog` : title}
      data-gone={gone || undefined}
    >
      <KindGlyph kind={kind} size="bare" />
      <span className={`${css['label'] ?? ''} cut`}>{title}</span>
    </Link>
  )
}
