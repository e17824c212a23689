import { Link } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import { byKind, count, kindWords } from '../../lib/words.ts'

/** "20 components". */
export function kindCount(kind: string, n: number): string {
  const words = kindWords(kind)
  return count(n, words.one, words.many)
}

interface Props {
  /** How many there are of each. */
  kinds: Record<string, number>
  /** What keeps the list of the catalog to them. */
  search: Record<string, unknown>
}

/** Ways into the catalog, one a kind, as its list is of one kind. */
export function KindLinks({ kinds, search }: Props) {
  return Object.entries(kinds)
    .sort(([a], [b]) => byKind(`${a}:`, `${b}:`))
    .map(([kind, n], i) => (
      <span key={kind}>
        {i > 0 && ', '}
        <Link className="link" to={page.catalog} search={{ kind, ...search }}>
          {kindCount(kind, n)}
        </Link>
      </span>
    ))
}
