import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useMemo, useState, type ReactNode } from 'react'
import type { FacetValue } from '../../lib/kinds.ts'
import { myTeamsQuery } from '../../lib/my-teams.ts'
import { number } from '../../lib/words.ts'
import { ErrorStrip } from '../../ui/strip.tsx'
import { countQuery, facetsQuery } from './api.ts'
import { showSearches, type Asker } from './catalog-query.ts'
import { facetNames, NONE, ownedValues, type CatalogSearch, type FacetName, type Owned } from './catalog-search.ts'
import { FacetBones } from './facet-bones.tsx'
import { FacetLabel } from './facet-label.tsx'
import { facetTitles, showTitles } from './filter-words.ts'
import { facetValues, LONG, questionBeside, SHORT, shownValues, type Facets as FacetCounts } from './facet-values.ts'
import css from './facets.module.css'

// Only a long list is looked through, so only it pays for that.
const LongFacet = lazy(async () => ({ default: (await import('./long-facet.tsx')).LongFacet }))

export interface FacetActions {
  onToggle: (facet: FacetName, value: string) => void
  onOwned: (value: Owned) => void
  onStarred: () => void
  onAttention: () => void
}

interface Props extends FacetActions {
  search: CatalogSearch
  asker: Asker
}

/** The filters of a kind with live counts. A facet that cannot tell two things apart is left out. */
export function Facets({ search, asker, onToggle, onOwned, onStarred, onAttention }: Props) {
  const counted = useQuery(facetsQuery(search, asker))
  const whole = useQuery(facetsQuery({ kind: search.kind }, asker))
  const { data: live } = counted
  const { data: all } = whole
  const failed = [whole, counted].filter((q) => q.isError)
  const question = questionBeside(search)
  const [taken, setTaken] = useState<{ question: string; counts: FacetCounts; search: CatalogSearch }>()
  if (live && !counted.isPlaceholderData && taken?.question !== question) setTaken({ question, counts: live, search })
  // What decides which lines there are comes before the first of them is drawn: none appears between the others.
  const teams = useQuery(myTeamsQuery(asker.me ?? ''))
  const mine = useQuery(mineQuery(search.kind, asker))
  if (((!all || !taken) && !failed[0]) || teams.isLoading || mine.isLoading) return <FacetBones />
  return (
    <>
      {failed[0] && (
        <div className={css['failed']}>
          <ErrorStrip
            error={failed[0].error}
            what={all ? 'The counts did not load.' : 'The filters did not load.'}
            kept="What you chose is kept."
            onRetry={() => {
              for (const query of failed) void query.refetch()
            }}
          />
        </div>
      )}
      <Show search={search} asker={asker} onOwned={onOwned} onStarred={onStarred} onAttention={onAttention} />
      {all &&
        facetNames.map((name) => (
          <Facet
            key={name}
            name={name}
            all={all[name]}
            live={(live ?? all)[name]}
            chosen={search[name] ?? none}
            counted={taken?.counts[name]}
            led={taken?.search[name] ?? none}
            first={name === 'owner' ? asker.teams : none}
            onToggle={(value) => {
              onToggle(name, value)
            }}
          />
        ))}
    </>
  )
}

const none: string[] = []

/** How many of the kind are the person's own: who has none is not asked for them. */
function mineQuery(kind: string, asker: Asker) {
  return { ...countQuery({ kind, owned: ['me'] }, asker), enabled: asker.me !== undefined }
}

/** Whose they are, what the person marked, and what somebody has to look after. What a guest cannot have is not offered. */
function Show({ search, asker, onOwned, onStarred, onAttention }: Omit<Props, 'onToggle'>) {
  const searches = showSearches(search)
  const teams = useQuery({ ...countQuery(searches.teams, asker), enabled: asker.teams.length > 0 })
  const me = useQuery({ ...countQuery(searches.me, asker), enabled: asker.me !== undefined })
  const mine = useQuery(mineQuery(search.kind, asker))
  const starred = useQuery({ ...countQuery(searches.starred, asker), enabled: asker.stars.size > 0 })
  const attention = useQuery(countQuery(searches.attention, asker))
  const counts: Record<Owned, number | undefined> = { teams: teams.data, me: me.data }
  const offered = ownedValues.filter(
    (v) => search.owned?.includes(v) || (v === 'teams' ? asker.teams.length > 0 : (mine.data ?? 0) > 0),
  )
  return (
    <Group title="Show">
      {offered.map((value) => (
        <Value
          key={value}
          count={counts[value]}
          checked={search.owned?.includes(value) ?? false}
          onToggle={() => {
            onOwned(value)
          }}
        >
          {showTitles[value]}
        </Value>
      ))}
      <Value count={asker.stars.size > 0 ? starred.data : 0} checked={search.starred ?? false} onToggle={onStarred}>
        {showTitles.starred}
      </Value>
      <Value count={attention.data} checked={search.attention ?? false} onToggle={onAttention}>
        {showTitles.attention}
      </Value>
    </Group>
  )
}

export function Group({ title, children, after }: { title: string; children: ReactNode; after?: ReactNode }) {
  return (
    <section className={css['facet']} aria-label={title}>
      <h2>{title}</h2>
      <ul>{children}</ul>
      {after}
    </section>
  )
}

interface ValueProps {
  /** Undefined: not known, or not yet. */
  count: number | undefined
  checked: boolean
  onToggle: () => void
  children: ReactNode
}

export function Value({ count, checked, onToggle, children }: ValueProps) {
  return (
    <li>
      <label className={`${css['value'] ?? ''} ${count === 0 ? (css['zero'] ?? '') : ''}`}>
        <input type="checkbox" checked={checked} onChange={onToggle} />
        <span className="cut">{children}</span>
        <span className={css['n']}>{count === undefined ? '–' : number(count)}</span>
      </label>
    </li>
  )
}

interface FacetProps {
  name: FacetName
  all: FacetValue[]
  live: FacetValue[]
  chosen: string[]
  /** The counts that the order is taken from, and what was chosen then. */
  counted: FacetValue[] | undefined
  led: string[]
  first: string[]
  onToggle: (value: string) => void
}

function Facet({ name, all, live, chosen, counted = all, led, first, onToggle }: FacetProps) {
  const [open, setOpen] = useState(false)
  const values = useMemo(
    () => facetValues(all, live, chosen, first, { counts: counted, chosen: led }),
    [all, live, chosen, first, counted, led],
  )
  if (values.length === 0 || (name === 'namespace' && values.length < 2)) return null
  // Teams and people have no owner by nature: that all are without one tells nothing apart.
  if (chosen.length === 0 && values.every((v) => v.value === NONE)) return null
  const shown = shownValues(values, chosen, open)
  const list = (some: FacetValue[]) =>
    some.map(({ value, count }) => (
      <Value
        key={value}
        count={count}
        checked={chosen.includes(value)}
        onToggle={() => {
          onToggle(value)
        }}
      >
        <FacetLabel name={name} value={value} />
      </Value>
    ))
  const less = (
    <button
      type="button"
      className={css['more']}
      onClick={() => {
        setOpen(!open)
      }}
    >
      {open ? 'Fewer' : `${number(shown.rest)} more`}
    </button>
  )
  if (open && values.length > LONG)
    return (
      <Suspense fallback={<Group title={facetTitles[name]}>{list(shown.values.slice(0, SHORT))}</Group>}>
        <LongFacet name={name} values={values} chosen={chosen} list={list} less={less} />
      </Suspense>
    )
  return (
    <Group title={facetTitles[name]} after={shown.rest > 0 || open ? less : undefined}>
      {list(shown.values)}
    </Group>
  )
}
