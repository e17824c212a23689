import { Search, X } from 'lucide-react'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type RefObject } from 'react'
import { useMention } from '../../lib/summaries.ts'
import { IconButton } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import css from './combo.module.css'

export interface ComboOption {
  ref: string
  kind: string
  title: string
  /** Stands at the end of its row. */
  note: string
}

interface Props {
  label: string
  /** The label is read out, and not drawn. */
  quiet?: boolean
  placeholder: string
  /** The entity that is chosen. */
  value?: string | undefined
  /** What is typed; undefined while nobody picks. */
  typed: string | undefined
  onTyped: (typed: string | undefined) => void
  options: ComboOption[]
  /** Said where something is typed and nothing fits; absent while that is not known. */
  none?: string | undefined
  onPick: (ref: string | undefined) => void
  input?: RefObject<HTMLInputElement | null>
}

/** Picks an entity from what fits what is typed; before something is, from what is offered. */
export function Combo(props: Props) {
  const { label, value, typed, onTyped, options, none, onPick } = props
  const id = useId()
  const own = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLUListElement>(null)
  const input = props.input ?? own
  const [chosen, setChosen] = useState(0)
  const at = Math.min(chosen, Math.max(0, options.length - 1))
  const nothing = typed !== undefined && typed.trim() !== '' && options.length === 0 ? none : undefined
  const open = typed !== undefined && (options.length > 0 || nothing !== undefined)
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [at])
  const type = (next: string | undefined) => {
    setChosen(0)
    onTyped(next)
  }
  const pick = (ref: string) => {
    type(undefined)
    onPick(ref)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (move !== undefined) {
      event.preventDefault()
      if (typed === undefined) type('')
      else if (options.length > 0) setChosen((at + move + options.length) % options.length)
    } else if (event.key === 'Enter') {
      event.preventDefault()
      const option = open ? options[at] : undefined
      if (option) pick(option.ref)
    } else if (event.key === 'Escape' && typed !== undefined) {
      event.preventDefault()
      type(undefined)
    } else if (event.key === 'Escape') input.current?.blur()
  }
  return (
    <div
      className={css['combo']}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) type(undefined)
      }}
    >
      <label htmlFor={id} className={props.quiet ? 'sr' : ''}>
        {label}
      </label>
      <div className={css['field']}>
        <Icon of={Search} />
        {typed === undefined && value !== undefined ? <Chosen entityRef={value} /> : null}
        <input
          ref={input}
          id={id}
          role="combobox"
          aria-expanded={open}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={open && options[at] ? `${id}-${String(at)}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder={value === undefined || typed !== undefined ? props.placeholder : ''}
          value={typed ?? ''}
          onFocus={() => {
            if (value === undefined && typed === undefined) type('')
          }}
          onClick={() => {
            if (typed === undefined) type('')
          }}
          onChange={(event) => {
            type(event.target.value)
          }}
          onKeyDown={onKeyDown}
        />
        {value !== undefined && (
          <IconButton
            label={`Clear “${label}”`}
            onClick={() => {
              type(undefined)
              onPick(undefined)
              input.current?.focus()
            }}
          >
            <Icon of={X} size={14} />
          </IconButton>
        )}
      </div>
      <ul ref={list} id={`${id}-list`} role="listbox" aria-label={label} className={css['hits']} hidden={!open}>
        {options.map((option, i) => (
          // The field has the keyboard and moves through the options.
          // eslint-disable-next-line jsx-a11y/click-events-have-key-events
          <li
            key={option.ref}
            id={`${id}-${String(i)}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            onMouseDown={(event) => {
              event.preventDefault()
            }}
            onClick={() => {
              pick(option.ref)
            }}
          >
            <KindGlyph kind={option.kind} />
            <b className="cut">{option.title}</b>
            <span className="quiet small">{option.note}</span>
          </li>
        ))}
        {nothing !== undefined && (
          <li role="option" aria-selected="false" aria-disabled="true" className="quiet">
            {nothing}
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
