import { useSyncExternalStore } from 'react'
import css from './toast.module.css'

interface Toast {
  id: number
  words: string
  undo?: (() => void) | undefined
}

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

/** Says what was done, for 10 seconds. Errors never come here: they stand where they happened. */
export function say(words: string, undo?: () => void): void {
  const id = ++last
  set([...toasts.slice(-2), { id, words, undo }])
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
      {shown.map(({ id, words, undo }) => (
        <div key={id} className={css['toast']}>
          <span>{words}</span>
          {undo && (
            <button
              type="button"
              onClick={() => {
                drop(id)
                undo()
              }}
            >
              Undo
            </button>
          )}
        </div>
      ))}
    </div>
  )
}
