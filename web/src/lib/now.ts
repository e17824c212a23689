import { useSyncExternalStore } from 'react'

const TICK = 15_000

let now = Date.now()
let timer: number | undefined
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= window.setInterval(() => {
    now = Date.now()
    listeners.forEach((l) => {
      l()
    })
  }, TICK)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.clearInterval(timer)
    timer = undefined
  }
}

/** The time, for words such as "8 min ago"; moves every 15 seconds for all who ask. */
export function useNow(): Date {
  const at = useSyncExternalStore(subscribe, () =>
    listeners.size === 0 ? (now = Math.floor(Date.now() / 1000) * 1000) : now,
  )
  return new Date(at)
}
