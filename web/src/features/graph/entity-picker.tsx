import { useQuery } from '@tanstack/react-query'
import { Search, X } from 'lucide-react'
import { useId, useRef, useState, type KeyboardEvent } from 'react'
import { useMyTeams } from '../../lib/my-teams.ts'
import { useMention } from '../../lib/summaries.ts'
import { kindWords } from '../../lib/words.ts'
import { IconButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { findQuery } from '../finder/finder-query.ts'
import css from './graph-page.module.css'

interface Props {
  label: string
  value: string | undefined
  onPick: (ref: string | undefined) => void
}

const SHOWN = 8

/** Picks an entity by a part of its name. */
export function EntityPicker({ label, value, onPick }: Props) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState<string>()
  const [at, setAt] = useState(0)
  const mine = useMyTeams()
  const { data } = useQuery(findQuery({ term: typed?.trim() ?? '', scope: 'all' }, mine))
  const hits = typed?.trim() ? (data?.hits.slice(0, SHOWN) ?? []) : []
  const open = typed !== undefined && typed.trim() !== ''
  const pick = (ref: string) => {
    setTyped(undefined)
    setAt(0)
    onPick(ref)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (move !== undefined && hits.length > 0) {
      event.preventDefault()
      setAt((at + move + hits.length) % hits.length)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      const hit = hits[at]
      if (hit) pick(hit.ref)
    } else if (event.key === 'Escape') setTyped(undefined)
  }
  return (
    <div
      className={css['picker']}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setTyped(undefined)
      }}
    >
      <label htmlFor={id}>{label}</label>
      <div className={css['field']}>
        <Icon of={Search} />
        {typed === undefined && value !== undefined ? <Chosen entityRef={value} /> : null}
        <input
          ref={input}
          id={id}
          role="combobox"
          aria-expanded={open && hits.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={hits[at] ? `${id}-${String(at)}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={value === undefined || typed !== undefined ? 'A part of its name' : ''}
          value={typed ?? ''}
          onChange={(event) => {
            setAt(0)
            setTyped(event.target.value)
          }}
          onKeyDown={onKeyDown}
        />
        {value !== undefined && (
          <IconButton
            label={`Clear “${label}”`}
            onClick={() => {
              setTyped(undefined)
              onPick(undefined)
              input.current?.focus()
            }}
          >
            <Icon of={X} size={14} />
          </IconButton>
        )}
      </div>
      <ul id={`${id}-list`} role="listbox" aria-label={label} className={css['hits']} hidden={!open}>
        {hits.map((hit, i) => (
          // The field has the keyboard and moves through the options.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={hit.ref}
            id={`${id}-${String(i)}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            onMouseDown={(event) => {
              event.preventDefault()
            }}
            onClick={() => {
              pick(hit.ref)
            }}
          >
            <KindGlyph kind={hit.kind} />
            <b className="cut">{hit.title}</b>
            <span className="quiet small">{kindWords(hit.kind).one}</span>
          </li>
        ))}
        {open && data && hits.length === 0 && (
          <li role="option" aria-selected="false" aria-disabled="true" className="quiet">
            Nothing in the catalog is called that
          </li>
        )}
      </ul>
    </div>
  )
}

function Chosen({ entityRef }: { entityRef: string }) {
  const { title, kind } = useMention(entityRef)
  return (
    <span className={css['value']}>
      <KindGlyph kind={kind} size="bare" />
      <span className="cut">{title}</span>
    </span>
  )
}
