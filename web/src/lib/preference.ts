import { useSyncExternalStore } from 'react'

/** A choice that this browser remembers: column folded, keys on. Lost storage means the default. */
export function preference(name: string, initial: boolean) {
  const key = `portico-${name}`
  const listeners = new Set<() => void>()
  let value = read()

  function read(): boolean {
    try {
      const stored = localStorage.getItem(key)
      return stored === null ? initial : stored === 'true'
    } catch {
      return initial
    }
  }

  return {
    get: () => value,
    set: (next: boolean) => {
      value = next
      try {
        localStorage.setItem(key, String(next))
      } catch {
        // The choice holds until the page is left.
      }
      listeners.forEach((l) => {
        l()
      })
    },
    use: () =>
      useSyncExternalStore(
        (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
        () => value,
      ),
  }
}

export const columnFolded = preference('column-folded', false)
export const singleKeys = preference('single-keys', true)
