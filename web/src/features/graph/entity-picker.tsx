import { useQueries, useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import { useMyTeams } from '../../lib/my-teams.ts'
import { useRecent } from '../../lib/recent.ts'
import { useNewestStars } from '../../lib/stars.ts'
import { summaryQuery } from '../../lib/summaries.ts'
import { kindWords } from '../../lib/words.ts'
import { findQuery } from '../finder/finder-query.ts'
import { Combo, type ComboOption } from './combo.tsx'

interface Props {
  label: string
  value: string | undefined
  /** What is no use to pick here. */
  but?: string | undefined
  onPick: (ref: string | undefined) => void
}

const SHOWN = 8
const RECENT = 5
const STARRED = 5

/** Picks an entity by a part of its name; before something is typed, from where one was and what one likes. */
export function EntityPicker({ label, value, but, onPick }: Props) {
  const [typed, setTyped] = useState<string>()
  const term = useDeferredValue(typed?.trim() ?? '')
  const mine = useMyTeams()
  const { data, isPlaceholderData } = useQuery(findQuery({ term, scope: 'all' }, mine))
  const offered = useOffered(typed === '')
  const hits = (data?.hits ?? []).map(({ ref, kind, title }) => ({ ref, kind, title, note: kindWords(kind).one }))
  const options = typed === undefined ? [] : typed.trim() === '' ? offered : hits
  return (
    <Combo
      label={label}
      placeholder="A part of its name"
      value={value}
      typed={typed}
      onTyped={setTyped}
      options={options.filter(({ ref }) => ref !== but).slice(0, SHOWN)}
      none={data && !isPlaceholderData ? 'Nothing in the catalog is called that' : undefined}
      onPick={onPick}
    />
  )
}

/** Where one was last, and what one starred. */
function useOffered(wanted: boolean): ComboOption[] {
  const recent = useRecent()
  const stars = useNewestStars()
  const last = recent.slice(0, RECENT)
  const starred = stars.filter((ref) => !last.includes(ref)).slice(0, STARRED)
  const refs = wanted ? [...last, ...starred] : []
  const known = useQueries({ queries: refs.map((ref) => summaryQuery(ref)) })
  return known.flatMap(({ data }) =>
    data
      ? [{ ref: data.ref, kind: data.kind, title: data.title, note: last.includes(data.ref) ? 'recent' : 'starred' }]
      : [],
  )
}
