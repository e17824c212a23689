import { useQuery } from '@tanstack/react-query'
import { count, kindWords } from '../../lib/words.ts'
import { countQuery } from './api.ts'
import { parseSort, type CatalogSearch } from './catalog-search.ts'

/** An order by a field leaves out what has no such field; that is said, not hidden. */
export function LeftOut({ search, shown, className }: { search: CatalogSearch; shown: number; className: string }) {
  const sort = parseSort(search.sort)
  const { data: total } = useQuery(countQuery(search))
  const left = (total ?? 0) - shown
  if (!sort || left <= 0) return null
  const words = kindWords(search.kind)
  return (
    <p className={className}>
      {count(left, words.one, words.many)} without {sort.field === 'owner' ? 'an owner' : `a ${sort.field}`}{' '}
      {left === 1 ? 'is' : 'are'} not in this order. Sort by name to see {left === 1 ? 'it' : 'them'}.
    </p>
  )
}
