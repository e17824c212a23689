import { useEffect, useEffectEvent } from 'react'
import { singleKeys } from './preference.ts'

/** Keys of a page: `j`, `/`, `g c` (one after the other), `mod+k` (⌘ or Ctrl). */
export type Hotkeys = Record<string, (event: KeyboardEvent) => void>

const SEQUENCE = 1_000

/** A field or a dialog has the keyboard: letters belong to it. */
export function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    target.closest('input:not([type=checkbox]), textarea, select, [role=dialog], [role=menu]') !== null
  )
}

export function keyName(event: Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey' | 'altKey'>): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  if (event.altKey) return ''
  return event.metaKey || event.ctrlKey ? `mod+${key}` : key
}

let first = { key: '', at: 0 }

export function useHotkeys(hotkeys: Hotkeys): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented) return
    const key = keyName(event)
    const plain = !key.startsWith('mod+')
    if (plain && (typing(event.target) || (!singleKeys.get() && key.length === 1))) return
    // After a `g` the key belongs to the pair: `g s` must not star what is on the page.
    const second = event.timeStamp - first.at < SEQUENCE && first.key === 'g' && key !== 'g'
    const run = hotkeys[second ? `g ${key}` : key]
    if (!run) return
    event.preventDefault()
    run(event)
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      onKey(event)
    }
    document.addEventListener('keydown', listener)
    return () => {
      document.removeEventListener('keydown', listener)
    }
  }, [])
}

/** Remembers the first key of a pair; mounted once, and after every other listener has had the key. */
export function useKeySequences(): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (typing(event.target)) return
      first = { key: keyName(event), at: event.timeStamp }
    }
    window.addEventListener('keydown', listener)
    return () => {
      window.removeEventListener('keydown', listener)
    }
  }, [])
}
