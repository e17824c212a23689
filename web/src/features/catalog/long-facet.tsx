import { useQuery } from '@tanstack/react-query'
import { Search } from 'lucide-react'
import { useDeferredValue, useEffect, useRef, useState, type ReactNode } from 'react'
import { parseRef } from '../../lib/entity.ts'
import type { FacetValue } from '../../lib/kinds.ts'
import { number } from '../../lib/words.ts'
import { Icon } from '../../ui/icon.tsx'
import { ownersCalledQuery } from './api.ts'
import type { FacetName } from './catalog-search.ts'
import { Group } from './facets.tsx'
import { facetTitles } from './filter-words.ts'
import { shownValues } from './facet-values.ts'
import css from './facets.module.css'

interface Props {
  name: FacetName
  values: FacetValue[]
  chosen: string[]
  list: (values: FacetValue[]) => ReactNode
  /** The way back to the short list. */
  less: ReactNode
}

/** A facet of many values, with a field to look for one; owners are found by what they are called, too. */
export function LongFacet({ name, values, chosen, list, less }: Props) {
  const [text, setText] = useState('')
  const term = useDeferredValue(text.trim().toLowerCase())
  const { data: called } = useQuery({ ...ownersCalledQuery(term), enabled: name === 'owner' && term.length > 1 })
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    input.current?.focus({ preventScroll: true })
  }, [])
  const words = term.split(/\s+/)
  const titles = new Set(term.length > 1 ? called : undefined)
  const found = (value: string) => {
    const said = name === 'owner' ? parseRef(value).name : value
    return words.every((word) => said.toLowerCase().includes(word)) || titles.has(value.toLowerCase())
  }
  const shown = shownValues(values, chosen, true, term ? found : undefined)
  const what = facetTitles[name].toLowerCase()
  return (
    <Group
      title={facetTitles[name]}
      after={
        <>
          {shown.values.length === 0 && <p className={css['note']}>No {what} is called so.</p>}
          {shown.rest > 0 && (
            <p className={css['note']}>{number(shown.rest)} more. Write a part of the name to find one.</p>
          )}
          {less}
        </>
      }
    >
      <li>
        <label className={css['find']}>
          <Icon of={Search} size={14} />
          <span className="sr">
            Find among {number(values.length)} values of {what}
          </span>
          <input
            ref={input}
            type="search"
            value={text}
            placeholder={`Find among ${number(values.length)}`}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              setText(event.target.value)
            }}
            onKeyDown={(event) => {
              if (event.key === 'Escape' && text !== '') {
                event.stopPropagation()
                setText('')
              }
            }}
          />
        </label>
      </li>
      {list(shown.values)}
    </Group>
  )
}
