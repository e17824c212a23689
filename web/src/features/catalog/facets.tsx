import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { FacetValue } from '../../lib/kinds.ts'
import { useMention } from '../../lib/summaries.ts'
import { number } from '../../lib/words.ts'
import { facetsQuery } from './api.ts'
import { facetNames, NONE, type CatalogSearch, type FacetName } from './catalog-search.ts'
import { facetValues } from './facet-values.ts'
import css from './facets.module.css'

export const facetTitles: Record<FacetName, string> = {
  owner: 'Owner',
  type: 'Type',
  lifecycle: 'Lifecycle',
  tag: 'Tag',
  namespace: 'Namespace',
}

const SHORT = 6

interface Props {
  search: CatalogSearch
  /** Refs of the person's teams, which lead the owners. */
  mine: string[]
  onToggle: (facet: FacetName, value: string) => void
}

/** The filters of a kind with live counts. A facet that cannot tell two things apart is left out. */
export function Facets({ search, mine, onToggle }: Props) {
  const { data: live } = useQuery(facetsQuery(search))
  const { data: all } = useQuery(facetsQuery({ kind: search.kind }))
  if (!all) return <FacetBones />
  return facetNames.map((name) => {
    const chosen = search[name] ?? []
    const values = facetValues(all[name], (live ?? all)[name], chosen, name === 'owner' ? mine : [])
    if (values.length === 0 || (name === 'namespace' && values.length < 2)) return null
    return (
      <Facet
        key={name}
        name={name}
        values={values}
        chosen={chosen}
        onToggle={(value) => {
          onToggle(name, value)
        }}
      />
    )
  })
}

function FacetBones() {
  return (
    <div className={css['bones']} aria-hidden="true">
      {Array.from({ length: 12 }, (_, i) => (
        <span key={i} />
      ))}
    </div>
  )
}

interface FacetProps {
  name: FacetName
  values: FacetValue[]
  chosen: string[]
  onToggle: (value: string) => void
}

function Facet({ name, values, chosen, onToggle }: FacetProps) {
  const [open, setOpen] = useState(false)
  const cut = values.length > SHORT + 1 && !open
  const shown = cut ? values.filter((v, i) => i < SHORT || chosen.includes(v.value) || v.value === NONE) : values
  const rest = values.length - shown.length
  return (
    <section className={css['facet']} aria-label={facetTitles[name]}>
      <h2>{facetTitles[name]}</h2>
      <ul>
        {shown.map(({ value, count }) => (
          <li key={value}>
            <label className={`${css['value'] ?? ''} ${count === 0 ? (css['zero'] ?? '') : ''}`}>
              <input
                type="checkbox"
                checked={chosen.includes(value)}
                onChange={() => {
                  onToggle(value)
                }}
              />
              <span className="cut">
                <FacetLabel name={name} value={value} />
              </span>
              <span className={css['n']}>{number(count)}</span>
            </label>
          </li>
        ))}
      </ul>
      {values.length > SHORT + 1 && (rest > 0 || open) && (
        <button
          type="button"
          className={css['more']}
          onClick={() => {
            setOpen(!open)
          }}
        >
          {open ? 'Fewer' : `${number(rest)} more`}
        </button>
      )}
    </section>
  )
}

/** A value as people say it: the owner's name instead of its ref. */
export function FacetLabel({ name, value }: { name: FacetName; value: string }) {
  if (value === NONE) return <>No owner</>
  return name === 'owner' ? <OwnerName owner={value} /> : <>{value}</>
}

function OwnerName({ owner }: { owner: string }) {
  return <>{useMention(owner).title}</>
}
