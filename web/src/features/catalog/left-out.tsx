import { useQuery } from '@tanstack/react-query'
import { count, kindWords } from '../../lib/words.ts'
import { countQuery } from './api.ts'
import type { Asker } from './catalog-query.ts'
import { parseSort, type CatalogSearch } from './catalog-search.ts'
import { columnFacts } from './column-fields.ts'

interface Props {
  search: CatalogSearch
  asker: Asker
  shown: number
  className: string
}

/** An order by a field leaves out what has no such field; that is said, not hidden. */
export function LeftOut({ search, asker, shown, className }: Props) {
  const sort = parseSort(search.sort)
  const { data: total } = useQuery(countQuery(search, asker))
  const left = (total ?? 0) - shown
  if (!sort || left <= 0) return null
  const words = kindWords(search.kind)
  return (
    <p className={className}>
      {count(left, words.one, words.many)} without {withWhat(sort.field)} {left === 1 ? 'is' : 'are'} not in this order.
      Sort by name to see {left === 1 ? 'it' : 'them'}.
    </p>
  )
}

function withWhat(field: string): string {
  if (field === 'owner') return 'an owner'
  if (field === 'changed') return 'a known time of change'
  if (field.startsWith('metadata.') || field.startsWith('spec.')) return `the field ${columnFacts(field).head}`
  return `a ${field}`
}
