import { useQuery } from '@tanstack/react-query'
import { useId, useState, type KeyboardEvent } from 'react'
import { useMyTeams } from '../../lib/my-teams.ts'
import { useMention } from '../../lib/summaries.ts'
import { Monogram, Owner } from '../../ui/owner.tsx'
import { findQuery } from '../finder/finder-query.ts'
import css from './ownership.module.css'

interface Props {
  label: string
  value: string | undefined
  onPick: (ref: string | undefined) => void
}

const SHOWN = 6

/** Picks a team, or a person, of the catalog by a part of its name. */
export function TeamField({ label, value, onPick }: Props) {
  const id = useId()
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const mine = useMyTeams()
  const { data } = useQuery(findQuery({ term: typed.trim(), scope: 'people' }, mine))
  const offers = (typed.trim() === '' ? [] : (data?.hits ?? [])).slice(0, SHOWN)
  const pick = (ref: string | undefined) => {
    setTyped('')
    setAt(0)
    onPick(ref)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (move !== undefined && offers.length > 0) {
      event.preventDefault()
      setAt((at + move + offers.length) % offers.length)
    } else if (event.key === 'Enter' && typed !== '') {
      event.preventDefault()
      if (offers[at]) pick(offers[at].ref)
    }
  }
  return (
    <div className={css['field']}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        role="combobox"
        aria-expanded={offers.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={offers.length > 0 ? `${id}-${String(at)}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder="A part of its name"
        value={typed}
        onChange={(event) => {
          setAt(0)
          setTyped(event.target.value)
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Teams" className={css['offers']} hidden={offers.length === 0}>
        {offers.map((offer, i) => (
          // The field has the keyboard and moves through the options.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={offer.ref}
            id={`${id}-${String(i)}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            onMouseDown={(event) => {
              event.preventDefault()
            }}
            onClick={() => {
              pick(offer.ref)
            }}
          >
            <Monogram title={offer.title} person={offer.kind === 'user'} />
            <span className="cut">{offer.title}</span>
          </li>
        ))}
      </ul>
      <p className={css['picked']}>
        {value ? <Picked entityRef={value} /> : <span className="quiet">Nobody yet</span>}
      </p>
    </div>
  )
}

function Picked({ entityRef }: { entityRef: string }) {
  const { title } = useMention(entityRef)
  return (
    <span title={title}>
      <Owner owner={entityRef} link={false} />
    </span>
  )
}
