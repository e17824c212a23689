import { useSetting, type Setting } from './settings.ts'

/** A name for an address of the catalog page: path and search. */
export interface View {
  id: string
  name: string
  href: string
}

const views: Setting<View[]> = {
  bucket: 'portico.views',
  key: 'catalog',
  words: 'The saved views',
  fallback: [],
  parse: (value) => (Array.isArray(value) ? value.filter(isView) : undefined),
}

function isView(value: unknown): value is View {
  if (typeof value !== 'object' || value === null) return false
  const { id, name, href } = value as Record<string, unknown>
  // An address of this portal, never another host's.
  return typeof id === 'string' && typeof name === 'string' && typeof href === 'string' && /^\/(?![/\\])/.test(href)
}

/** The catalog's views that the person saved, in their order. */
export function useViews(): readonly [View[], (next: View[] | ((now: View[]) => View[])) => void] {
  return useSetting(views)
}
