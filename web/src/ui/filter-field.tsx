import { Search } from 'lucide-react'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { useHotkeys } from '../lib/hotkeys.ts'
import { Icon } from './icon.tsx'
import css from './filter-field.module.css'

const PAUSE = 150

interface Props {
  /** What stands in the address. */
  value: string | undefined
  /** Called once typing rests. */
  onChange: (value: string | undefined) => void
  label: string
  placeholder?: string
  className?: string | undefined
  /** Where ↓ leads, as into the list that is filtered. */
  onDown?: (event: KeyboardEvent<HTMLInputElement>) => void
}

/** Filters what the page lists. `/` leads here, Esc empties it and then leaves. */
export function FilterField({ value = '', onChange, label, placeholder = label, className = '', onDown }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(value)
  const [asked, setAsked] = useState(value)
  // The address changed without us (back, a link): the field follows it.
  if (value !== asked) {
    setAsked(value)
    setText(value)
  }
  const typed = text.trim()
  useEffect(() => {
    if (typed === asked) return
    const timer = setTimeout(() => {
      setAsked(typed)
      onChange(typed || undefined)
    }, PAUSE)
    return () => {
      clearTimeout(timer)
    }
  }, [typed, asked, onChange])
  useHotkeys({ '/': () => input.current?.focus() })
  return (
    <label className={`${css['field'] ?? ''} ${className}`}>
      <Icon of={Search} />
      <span className="sr">{label}</span>
      <input
        ref={input}
        type="search"
        value={text}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setText(event.target.value)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && text !== '') setText('')
          else if (event.key === 'Escape') event.currentTarget.blur()
          else if (event.key === 'ArrowDown') onDown?.(event)
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  )
}
