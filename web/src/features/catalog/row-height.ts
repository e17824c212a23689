import { useSyncExternalStore } from 'react'
import { useRowHeight } from '../../lib/density.ts'

const narrow = '(max-width: 760px)'

function subscribe(listener: () => void): () => void {
  const width = window.matchMedia(narrow)
  width.addEventListener('change', listener)
  return () => {
    width.removeEventListener('change', listener)
  }
}

export function usePhone(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(narrow).matches)
}

/** A phone's rows have two lines, as table.module.css has it. */
const PHONE = 60

/** The height of a row in pixels: the rows that are not drawn take as much. */
export function useRowSize(): number {
  const height = useRowHeight()
  return usePhone() ? PHONE : height
}
