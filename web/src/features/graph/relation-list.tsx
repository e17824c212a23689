import { number } from '../../lib/words.ts'
import { lookOf } from './fold.ts'
import { relationsShown, withRelation, type GraphSearch } from './graph-search.ts'
import type { RelationCount } from './model.ts'
import { byUse, labelOf } from './words.ts'
import css from './graph.module.css'

interface Props {
  search: GraphSearch
  usual: string[]
  counts: RelationCount[]
  go: (next: GraphSearch) => void
}

/** Which relations are drawn, each with how many there are around it, whether they are drawn or not. */
export function RelationList({ search, usual, counts, go }: Props) {
  const shown = relationsShown(search, usual)
  // What nothing around it has is only offered where the address names it.
  const named = shown.filter((type) => search.rel?.includes(type))
  const all = [...new Set([...counts.filter((c) => c.count > 0).map((c) => c.type), ...named])].sort(byUse)
  if (all.length === 0) return null
  return (
    <fieldset className={css['relations']}>
      <legend>Relations</legend>
      {all.map((type) => (
        <label key={type}>
          <input
            type="checkbox"
            checked={shown.includes(type)}
            onChange={() => {
              go(withRelation(search, usual, type))
            }}
          />
          <Sample look={lookOf(type)} />
          <span className="cut">{labelOf(type)}</span>
          <span className={`${css['n'] ?? ''} num`}>{number(counts.find((c) => c.type === type)?.count ?? 0)}</span>
        </label>
      ))}
    </fieldset>
  )
}

export function Sample({ look }: { look: ReturnType<typeof lookOf> }) {
  return (
    <svg
      className={`${css['sample'] ?? ''} ${css[look] ?? ''}`}
      width="24"
      height="2"
      viewBox="0 0 24 2"
      aria-hidden="true"
    >
      <path d="M0 1H24" />
    </svg>
  )
}
