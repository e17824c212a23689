import { useQueries, useQuery } from '@tanstack/react-query'
import type { FacetValue } from '../../lib/kinds.ts'
import { page } from '../../lib/paths.ts'
import { kindWords, number } from '../../lib/words.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { countQuery, kindsWithQuery } from './api.ts'
import { activeFilters, without, type CatalogSearch, type FilterName } from './catalog-search.ts'
import type { Asker } from './catalog-query.ts'
import { filterTitles } from './filter-words.ts'

interface Props {
  search: CatalogSearch
  asker: Asker
  go: (next: CatalogSearch) => void
}

const filterWords: Partial<Record<FilterName, string>> = { owned: '“owned by”', in: 'system' }

/** No row is left: says which filter removed the last one, with the way back. */
export function NoMatch({ search, asker, go }: Props) {
  const filters = activeFilters(search)
  const counts = useQueries({ queries: filters.map((name) => countQuery(search, asker, name)) })
  const elsewhere = useQuery({ ...kindsWithQuery(search.q ?? ''), enabled: search.q !== undefined }).data ?? []
  const kinds = elsewhere.filter((k) => k.value !== search.kind)
  const title = (name: FilterName) => filterWords[name] ?? filterTitles[name].toLowerCase()
  const ways = filters
    .map((name, i) => ({ name, left: counts[i]?.data ?? 0 }))
    .filter((way) => way.left > 0)
    .sort((a, b) => b.left - a.left)
  return (
    <EmptyState
      door="open"
      title={titleOf(search, filters)}
      actions={
        <>
          {kinds.slice(0, 4).map(({ value, count }) => (
            <LinkButton key={value} to={page.catalog} search={{ kind: value, q: search.q }}>
              {kindWords(value).tab} {number(count)}
            </LinkButton>
          ))}
          {filters.length > 1 &&
            ways.slice(0, 2).map((way) => (
              <Button
                key={way.name}
                onClick={() => {
                  go(without(search, way.name))
                }}
              >
                Without {title(way.name)}: {number(way.left)}
              </Button>
            ))}
          <Button
            variant={kinds.length > 0 || (filters.length > 1 && ways.length > 0) ? 'subtle' : 'default'}
            onClick={() => {
              go(without(search, ...filters))
            }}
          >
            {filters.length > 1 ? 'Clear all filters' : 'Clear the filter'}
          </Button>
        </>
      }
    >
      <p>
        {ways[0] && filters.length > 1
          ? `Without the ${title(ways[0].name)} filter there ${ways[0].left === 1 ? 'is one' : `are ${number(ways[0].left)}`}.`
          : only(search, filters)}
        {kinds.length > 0 && ' It is found in other kinds.'}
      </p>
    </EmptyState>
  )
}

function titleOf(search: CatalogSearch, filters: FilterName[]): string {
  const { one, many } = kindWords(search.kind)
  if (search.q) return `Nothing matches “${search.q}”`
  if (filters.length > 1) return `No ${one} has all of this`
  if (filters[0] === 'starred') return `No starred ${many}`
  if (filters[0] === 'owned') return `No ${many} of yours`
  if (filters[0] === 'attention') return `No ${one} needs attention`
  return `No ${one} has this`
}

/** What to do about one filter that leaves nothing. */
function only(search: CatalogSearch, filters: FilterName[]): string {
  const { one, many } = kindWords(search.kind)
  if (filters[0] === 'starred') return `Press S on a ${one}, or the star on its page, and it stands here.`
  if (filters[0] === 'owned') return `Nothing of this kind names your teams or you as its owner.`
  if (filters[0] === 'attention')
    return 'Every file can be used, nothing is missing or claimed twice, and all that is named is there.'
  if (search.q) return `Names, titles, descriptions and tags of all ${many} were looked at.`
  return `All ${many} were looked at.`
}

/** The address names a kind that nothing has: offers those that are there. */
export function NoSuchKind({ kind, kinds }: { kind: string; kinds: FacetValue[] }) {
  return (
    <EmptyState
      door="open"
      title={`There is no kind “${kind}”`}
      actions={kinds.map(({ value, count }) => (
        <LinkButton key={value} to={page.catalog} search={{ kind: value }}>
          {kindWords(value).tab} {number(count)}
        </LinkButton>
      ))}
    >
      <p>Nothing in the catalog has it. These kinds are there:</p>
    </EmptyState>
  )
}
