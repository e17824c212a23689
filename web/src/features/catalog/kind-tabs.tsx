import { Link, useNavigate } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import { kindWords, knownKinds, number } from '../../lib/words.ts'
import { Tabs } from '../../ui/tabs.tsx'
import tabs from '../../ui/tabs.module.css'
import type { FacetValue } from '../../lib/kinds.ts'
import { mapped, type CatalogSearch } from './catalog-search.ts'

/** As many kinds of one's own stand beside the known ones; more go into a list. */
const OWN = 3

/** One tab a kind with its number; the tab of the present kind is there even when it is empty, if everyone has the kind. */
export function KindTabs({ kinds, search: { kind, view } }: { kinds: FacetValue[]; search: CatalogSearch }) {
  const navigate = useNavigate()
  // Who looks at the map goes on looking at it; filters are of one kind.
  const of = (value: string): CatalogSearch => ({ kind: value, view: mapped(value) ? view : undefined })
  const { shown, more } = tabKinds(kinds, kind)
  return (
    <Tabs label="Kinds">
      {shown.map(({ value, count }) => (
        <Link
          key={value}
          to={page.catalog}
          search={of(value)}
          className={tabs['tab']}
          aria-current={value === kind ? 'page' : undefined}
        >
          {kindWords(value).tab}
          <span className={tabs['n']}>{number(count)}</span>
        </Link>
      ))}
      {more.length > 0 && (
        <select
          className={tabs['tab']}
          aria-label="More kinds"
          value=""
          onChange={(event) => void navigate({ to: page.catalog, search: of(event.target.value) })}
        >
          <option value="">More</option>
          {more.map(({ value, count }) => (
            <option key={value} value={value}>
              {kindWords(value).tab} {number(count)}
            </option>
          ))}
        </select>
      )}
    </Tabs>
  )
}

/** Whether it makes sense to ask for the kind: one that everyone has, or one that is there. */
export function isKind(kinds: FacetValue[], kind: string): boolean {
  return knownKinds.includes(kind) || kinds.some((k) => k.value === kind)
}

/** Kinds come in their order already. The present one is always shown; too many of one's own go into a list. */
export function tabKinds(kinds: FacetValue[], present: string): { shown: FacetValue[]; more: FacetValue[] } {
  const there = kinds.some((k) => k.value === present)
  const all = there || !isKind(kinds, present) ? kinds : [...kinds, { value: present, count: 0 }]
  const own = all.filter((k) => !knownKinds.includes(k.value))
  if (own.length <= OWN) return { shown: all, more: [] }
  const more = own.filter((k) => k.value !== present)
  return { shown: all.filter((k) => !more.includes(k)), more }
}
