import { useQuery, useQueryClient } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useId, useRef, useState, type KeyboardEvent } from 'react'
import { useMyTeams } from '../../lib/my-teams.ts'
import { useMention } from '../../lib/summaries.ts'
import { kindWords } from '../../lib/words.ts'
import { IconButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Monogram } from '../../ui/owner.tsx'
import { findQuery, type Found } from '../finder/finder-query.ts'
import { entityOf } from './audit-words.ts'
import css from './ref-field.module.css'

interface Props {
  label: string
  /** What is offered: people alone, or everything that the catalog has. */
  of: 'people' | 'all'
  hint: string
  value: string | undefined
  onPick: (ref: string | undefined) => void
}

const SHOWN = 7

interface Offer {
  ref: string
  title: string
  kind?: string
}

/**
 * Picks whom or what the records name: an entity by a part of its name, or, as a log also knows who is in no catalog,
 * what was written, as a whole.
 */
export function RefField({ label, of, hint, value, onPick }: Props) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState<string>()
  const [at, setAt] = useState(0)
  // Enter came before the answer: the first of it is taken when it is there, if nobody wrote on meanwhile.
  const entered = useRef('')
  const client = useQueryClient()
  const mine = useMyTeams()
  const term = typed?.trim() ?? ''
  const query = findQuery({ term, scope: of }, mine)
  const { data, isPlaceholderData, isError } = useQuery(query)
  const settled = isError || (data !== undefined && !isPlaceholderData)
  const offers = offersOf(term, of, data)
  const open = term !== ''
  const pick = (ref: string | undefined) => {
    setTyped(undefined)
    setAt(0)
    entered.current = ''
    if (ref !== value) onPick(ref)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (move !== undefined && open) {
      event.preventDefault()
      setAt((at + move + offers.length) % offers.length)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      if (!open) pick(typed === undefined ? value : undefined)
      else if (settled) pick(offers[at]?.ref)
      else {
        entered.current = term
        void client.ensureQueryData(query).then((found) => {
          if (entered.current === term) pick(offersOf(term, of, found)[0]?.ref)
        })
      }
    } else if (event.key === 'Escape' && typed !== undefined) {
      event.preventDefault()
      setTyped(undefined)
    }
  }
  return (
    <div
      className={css['picker']}
      onBlur={(event) => {
        if (event.currentTarget.contains(event.relatedTarget)) return
        if (typed === '') pick(undefined)
        else if (entered.current === '') setTyped(undefined)
      }}
    >
      <label htmlFor={id}>{label}</label>
      <div className={css['field']}>
        {typed === undefined && value !== undefined && <Chosen value={value} />}
        <input
          ref={input}
          id={id}
          role="combobox"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={open ? `${id}-${String(at)}` : undefined}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          placeholder={value === undefined || typed !== undefined ? hint : ''}
          value={typed ?? ''}
          onChange={(event) => {
            setAt(0)
            entered.current = ''
            setTyped(event.target.value)
          }}
          onKeyDown={onKeyDown}
        />
        {value !== undefined && (
          <IconButton
            label={`Clear “${label}”`}
            onClick={() => {
              pick(undefined)
              input.current?.focus()
            }}
          >
            <Icon of={X} size={14} />
          </IconButton>
        )}
      </div>
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label={of === 'people' ? 'People' : 'Entities'}
        className={css['offers']}
        hidden={!open}
      >
        {offers.map((offer, i) => (
          // The field has the keyboard and moves through the options.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={offer.kind ? offer.ref : 'as-written'}
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
            <OfferLine offer={offer} />
          </li>
        ))}
      </ul>
    </div>
  )
}

/** What was written comes first where it is a whole ref, and last where it can be a part of a name. */
function offersOf(term: string, of: Props['of'], answer: Found | undefined): Offer[] {
  const hits = answer?.hits.filter(({ kind }) => of === 'all' || kind === 'user') ?? []
  const found = hits.slice(0, SHOWN).map(({ ref, title, kind = '' }) => ({ ref, title, kind }))
  const asWritten = { ref: term, title: term }
  if (found.some(({ ref }) => ref === term)) return found
  return term.includes(':') ? [asWritten, ...found] : [...found, asWritten]
}

function OfferLine({ offer: { ref, title, kind } }: { offer: Offer }) {
  if (!kind)
    return (
      <span className="cut">
        <span className="quiet">Exactly</span> <span className="mono small">{title}</span>
      </span>
    )
  return (
    <>
      {kind === 'user' ? <Monogram title={title} person /> : <KindGlyph kind={kind} />}
      <b className="cut">{title}</b>
      <span className="quiet small cut">
        {kind === 'user' ? ref.replace(/^user:default\//, '') : kindWords(kind).one}
      </span>
    </>
  )
}

function Chosen({ value }: { value: string }) {
  return (
    <span className={css['value']} title={value}>
      {entityOf(value) ? <Named entityRef={value} /> : <span className="mono small cut">{value}</span>}
    </span>
  )
}

function Named({ entityRef }: { entityRef: string }) {
  const { title, kind } = useMention(entityRef)
  return (
    <>
      {kind === 'user' ? <Monogram title={title} person /> : <KindGlyph kind={kind} size="bare" />}
      <span className="cut">{title}</span>
    </>
  )
}
