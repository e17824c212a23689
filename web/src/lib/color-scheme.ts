import { useSyncExternalStore } from 'react'
import { getSetting, setSetting, settings, useSetting, type Setting } from './settings.ts'

export type ColorScheme = 'auto' | 'light' | 'dark'
export type ShownScheme = 'light' | 'dark'

/** Also read by public/theme.js, before the first paint, from the copy in this browser. */
const theme: Setting<ColorScheme> = {
  bucket: 'portico.appearance',
  key: 'theme',
  words: 'The theme',
  fallback: 'auto',
  parse: (value) => (value === 'light' || value === 'dark' || value === 'auto' ? value : undefined),
}

const night = window.matchMedia('(prefers-color-scheme: dark)')

function shown(): ShownScheme {
  const choice = getSetting(theme)
  if (choice !== 'auto') return choice
  return night.matches ? 'dark' : 'light'
}

function apply(): void {
  document.documentElement.dataset['mantineColorScheme'] = shown()
}

night.addEventListener('change', apply)
settings.subscribe(apply)

export function setColorScheme(next: ColorScheme): void {
  setSetting(theme, next)
}

function subscribe(listener: () => void): () => void {
  const stop = settings.subscribe(listener)
  night.addEventListener('change', listener)
  return () => {
    stop()
    night.removeEventListener('change', listener)
  }
}

/** What the person chose, and what is therefore drawn. */
export function useColorScheme(): { choice: ColorScheme; shown: ShownScheme } {
  const [choice] = useSetting(theme)
  return { choice, shown: useSyncExternalStore(subscribe, shown) }
}
