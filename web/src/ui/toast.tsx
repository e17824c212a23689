import { Link } from '@tanstack/react-router'
import { useSyncExternalStore } from 'react'
import css from './toast.module.css'

interface Toast {
  id: number
  words: string
  way?: Way | undefined
}

/** What can be done about it: take it back, or go where it can be seen. */
export type Way = { undo: () => void } | { to: string; search: Record<string, string>; words: string }

const STAY = 10_000

let toasts: Toast[] = []
let last = 0
const listeners = new Set<() => void>()

function set(next: Toast[]): void {
  toasts = next
  listeners.forEach((l) => {
    l()
  })
}

/**
 * Says what was done, for 10 seconds. Errors stand where they happened and not here, but for an undo that failed: the
 * place that offered it is gone, so the words say where it can be done by hand.
 */
export function say(words: string, way?: Way): void {
  const id = ++last
  set([...toasts.slice(-2), { id, words, way }])
  setTimeout(() => {
    drop(id)
  }, STAY)
}

function drop(id: number): void {
  set(toasts.filter((t) => t.id !== id))
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <div className={css['toasts']} role="status">
      {shown.map(({ id, words, way }) => (
        <div key={id} className={css['toast']}>
          <span>{words}</span>
          {way && 'undo' in way && (
            <button
              type="button"
              onClick={() => {
                drop(id)
                way.undo()
              }}
            >
              Undo
            </button>
          )}
          {way && 'to' in way && (
            <Link
              to={way.to}
              search={way.search}
              onClick={() => {
                drop(id)
              }}
            >
              {way.words}
            </Link>
          )}
        </div>
      ))}
    </div>
  )
}
