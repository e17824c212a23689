import { useSyncExternalStore } from 'react'

const narrow = window.matchMedia('(max-width: 760px)')

function subscribe(listener: () => void): () => void {
  narrow.addEventListener('change', listener)
  return () => {
    narrow.removeEventListener('change', listener)
  }
}

/** Whether it is now, for what is asked once. */
export const isNarrow = () => narrow.matches

/** Whether the page is as narrow as a phone, where a table reads better than a graph. */
export function useNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => narrow.matches)
}
