import { ListFilter, X } from 'lucide-react'
import { lazy, memo, Suspense, useState, type ReactNode } from 'react'
import { kindWords, number } from '../../lib/words.ts'
import { FilterField } from '../../ui/filter-field.tsx'
import { Icon } from '../../ui/icon.tsx'
import { activeFilters, without, type CatalogSearch, type FilterName } from './catalog-search.ts'
import { FacetLabel } from './facet-label.tsx'
import { filterTitles, showTitles } from './filter-words.ts'
import css from './catalog.module.css'

const FacetSheet = lazy(async () => ({ default: (await import('./facet-sheet.tsx')).FacetSheet }))

interface Props {
  search: CatalogSearch
  go: (next: CatalogSearch, replace?: boolean) => void
  total: number | undefined
  whole: number | undefined
  stale: boolean
  /** The facets once more, for the sheet of a phone. */
  facets: ReactNode
  /** At the end of the line: how the rows are shown. */
  tools: ReactNode
}

export const FilterBar = memo(function FilterBar({ search, go, total, whole, stale, facets, tools }: Props) {
  const [sheet, setSheet] = useState(false)
  const filters = activeFilters(search)
  const chosen = filters.filter((f) => f !== 'q').length
  const words = kindWords(search.kind)
  // The map has the number of the place that it shows; the whole is another one.
  const mapSays = search.view === 'map' && (filters.length === 0 || search.in !== undefined)
  return (
    <>
      <div className={css['bar']}>
        <FilterField
          key={search.kind}
          className={css['field']}
          value={search.q}
          label="Filter by name, title, tag or text"
          onChange={(q) => {
            go({ ...search, q }, true)
          }}
        />
        <button
          type="button"
          className={`${css['filters'] ?? ''} narrow`}
          aria-label={chosen > 0 ? `Filters, ${chosen} set` : 'Filters'}
          onClick={() => {
            setSheet(true)
          }}
        >
          <Icon of={ListFilter} size={18} />
          {chosen > 0 && <span className="num">{chosen}</span>}
        </button>
        <div className={`${css['tools'] ?? ''} wide`}>{tools}</div>
      </div>
      <div className={css['chips']}>
        {filters.map((name) => (
          <Chip
            key={name}
            name={name}
            search={search}
            onDrop={() => {
              go(without(search, name))
            }}
          />
        ))}
        {filters.length > 0 && (
          <button
            type="button"
            className={css['clear']}
            onClick={() => {
              go(without(search, ...filters))
            }}
          >
            Clear
          </button>
        )}
        {total !== undefined && !mapSays && (
          <span className={`${css['total'] ?? ''} ${stale ? (css['stale'] ?? '') : ''}`} role="status">
            {filters.length > 0 && whole !== undefined ? (
              <>
                <b>{number(total)}</b> of {number(whole)} {whole === 1 ? words.one : words.many}
              </>
            ) : (
              <>
                <b>{number(total)}</b> {total === 1 ? words.one : words.many}
              </>
            )}
          </span>
        )}
      </div>
      <Suspense>
        {sheet && (
          <FacetSheet
            total={total}
            onClose={() => {
              setSheet(false)
            }}
          >
            {facets}
          </FacetSheet>
        )}
      </Suspense>
    </>
  )
})

function Chip({ name, search, onDrop }: { name: FilterName; search: CatalogSearch; onDrop: () => void }) {
  const title = filterTitles[name]
  return (
    <span className={css['chip']}>
      <span className="cut">
        <em>{name === 'starred' || name === 'attention' ? <b>{title}</b> : title}</em>{' '}
        <ChipValues name={name} search={search} />
      </span>
      <button type="button" aria-label={`Remove the filter ${title}`} onClick={onDrop}>
        <Icon of={X} size={12} />
      </button>
    </span>
  )
}

function ChipValues({ name, search }: { name: FilterName; search: CatalogSearch }) {
  switch (name) {
    case 'starred':
    case 'attention':
      return null
    case 'q':
      return <>“{search.q}”</>
    case 'owned':
      return <>{search.owned?.map((v) => showTitles[v].replace('Owned by ', '')).join(' or ')}</>
    case 'in':
      return <FacetLabel name={name} value={search.in ?? ''} />
    default:
      return search[name]?.map((value, i) => (
        <span key={value}>
          {i > 0 && ', '}
          <FacetLabel name={name} value={value} />
        </span>
      ))
  }
}
