import { useSyncExternalStore } from 'react'

/** Rows of the table, by the density that the person chose; a phone's have two lines. */
const PHONE = 60
const NORMAL = 40

const phone = '(max-width: 760px)'

function subscribe(listener: () => void): () => void {
  const density = new MutationObserver(listener)
  density.observe(document.documentElement, { attributeFilter: ['data-density'] })
  const width = window.matchMedia(phone)
  width.addEventListener('change', listener)
  return () => {
    density.disconnect()
    width.removeEventListener('change', listener)
  }
}

/** The height of a row in pixels, as the style sheet has it: the rows that are not drawn take as much. */
export function useRowHeight(): number {
  return useSyncExternalStore(subscribe, () => {
    if (window.matchMedia(phone).matches) return PHONE
    return Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row')) || NORMAL
  })
}

export function usePhone(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(phone).matches)
}
