import { getSetting, setSetting, settings, useSetting, type Setting } from './settings.ts'

export type Density = 'comfortable' | 'compact'

/** How high rows are: an attribute of the document, by which tokens.css sets --row. Also read by public/theme.js. */
const density: Setting<Density> = {
  bucket: 'portico.appearance',
  key: 'density',
  words: 'The density',
  fallback: 'comfortable',
  parse: (value) => (value === 'comfortable' || value === 'compact' ? value : undefined),
}

settings.subscribe(() => {
  document.documentElement.dataset['density'] = getSetting(density)
})

export function setDensity(next: Density): void {
  setSetting(density, next)
}

export function useDensity(): Density {
  return useSetting(density)[0]
}

/** The height of a row in pixels, for lists that compute where rows are; as --row in tokens.css. */
export function useRowHeight(): number {
  return useDensity() === 'compact' ? 32 : 40
}
