import { useSyncExternalStore } from 'react'

export type ColorScheme = 'auto' | 'light' | 'dark'
export type ShownScheme = 'light' | 'dark'

/** Also read by public/theme.js, before the first paint. */
const KEY = 'portico-theme'

const night = window.matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<() => void>()
let choice = read()

function read(): ColorScheme {
  try {
    const stored = localStorage.getItem(KEY)
    return stored === 'light' || stored === 'dark' ? stored : 'auto'
  } catch {
    return 'auto'
  }
}

function shown(): ShownScheme {
  if (choice !== 'auto') return choice
  return night.matches ? 'dark' : 'light'
}

function apply(): void {
  document.documentElement.dataset['mantineColorScheme'] = shown()
  listeners.forEach((listener) => {
    listener()
  })
}

night.addEventListener('change', apply)
// Another tab changed it.
window.addEventListener('storage', (event) => {
  if (event.key !== KEY) return
  choice = read()
  apply()
})

export function setColorScheme(next: ColorScheme): void {
  choice = next
  try {
    localStorage.setItem(KEY, next)
  } catch {
    // The choice holds until the page is left.
  }
  apply()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** What the person chose, and what is therefore drawn. */
export function useColorScheme(): { choice: ColorScheme; shown: ShownScheme } {
  return {
    choice: useSyncExternalStore(subscribe, () => choice),
    shown: useSyncExternalStore(subscribe, shown),
  }
}
