import { page } from '../../lib/paths.ts'
import { parseSearch, stringifySearch } from '../../lib/search-params.ts'
import type { View } from '../../lib/views.ts'
import { parseCatalogSearch, type CatalogSearch } from './catalog-search.ts'

/** The address that a view keeps: the whole state, but for the view itself. */
export function hrefOf(search: CatalogSearch): string {
  return page.catalog + stringifySearch({ ...search, saved: undefined })
}

/** What a view shows; undefined where its address is none of this page. */
export function searchOf(view: View): CatalogSearch | undefined {
  const [path, query = ''] = view.href.split('?')
  return path === page.catalog ? { ...parseCatalogSearch(parseSearch(query)), saved: view.id } : undefined
}

/** Two searches that show the same, whatever the order in which they were written. */
export function sameSearch(a: CatalogSearch, b: CatalogSearch): boolean {
  return canonical(a) === canonical(b)
}

function canonical(search: CatalogSearch): string {
  const set = Object.entries(search).filter(
    ([name, value]) => name !== 'saved' && value !== undefined && !(Array.isArray(value) && value.length === 0),
  )
  // The order of chosen values says nothing; that of columns does.
  const entries = set.map(([name, value]) => [
    name,
    Array.isArray(value) && name !== 'cols' ? [...value].sort() : value,
  ])
  return JSON.stringify(entries.sort(([a], [b]) => String(a).localeCompare(String(b))))
}

export interface OpenView {
  view: View
  changed: boolean
}

/** The view that the page was opened from, or the one that it happens to show. */
export function openView(views: View[], search: CatalogSearch): OpenView | undefined {
  const shows = (view: View) => {
    const kept = searchOf(view)
    return kept !== undefined && sameSearch(kept, search)
  }
  const from = views.find((v) => v.id === search.saved)
  if (from) return { view: from, changed: !shows(from) }
  const same = views.find(shows)
  return same && { view: same, changed: false }
}

/** A view's name as it is kept: no line ends, no space around, and not a second time. */
export function cleanName(name: string): string {
  return name.replace(/\s+/g, ' ').trim().slice(0, LONGEST_NAME)
}

export const LONGEST_NAME = 60
export const MOST_VIEWS = 50

export function nameTaken(views: View[], name: string, but?: string): boolean {
  return views.some((v) => v.id !== but && v.name.toLowerCase() === cleanName(name).toLowerCase())
}
