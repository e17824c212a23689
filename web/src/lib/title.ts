import { useEffect } from 'react'

let expected = false
const listeners = new Set<(title: string) => void>()

/** The address changed: the next page that names itself takes the focus to its heading. */
export function expectArrival(): void {
  expected = true
}

/** Hears the title of each page at which somebody arrived. */
export function onArrival(listener: (title: string) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * Names the page in the tab. After a change of page the focus goes to its heading. `key` tells pages apart that are
 * called the same.
 */
export function useTitle(title: string, key = title): void {
  useEffect(() => {
    document.title = `${title} · Portico`
    if (!expected) return
    expected = false
    const heading = document.querySelector<HTMLElement>('main h1')
    if (heading) {
      heading.tabIndex = -1
      heading.focus({ preventScroll: true })
    }
    listeners.forEach((listener) => {
      listener(document.title)
    })
  }, [title, key])
}
