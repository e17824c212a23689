import type { FacetValue } from '../../lib/kinds.ts'
import { NONE, type CatalogSearch, type FacetName } from './catalog-search.ts'

export type Facets = Record<FacetName, FacetValue[]>

/** What the order of a facet is taken from. It stays while values are ticked, so that none moves under the mouse. */
export interface Taken {
  counts: FacetValue[]
  chosen: string[]
}

/** What is asked otherwise than by ticking values: with it the order is taken anew. */
export function questionBeside({ q, in: within, saved }: CatalogSearch): string {
  return JSON.stringify([q, within, saved])
}

/**
 * The values that a facet shows: all that the kind has, with the counts under the present filters (0 when none is left),
 * and what is chosen even where it exists no more. What was chosen when the order was taken leads, then `first` values,
 * then by the count of that time, by that of the whole kind, and by name; "none" comes last.
 */
export function facetValues(
  all: FacetValue[],
  live: FacetValue[],
  chosen: string[],
  first: string[] = [],
  taken: Taken = { counts: live, chosen },
): FacetValue[] {
  const countsOf = (list: FacetValue[]) => new Map(list.map((v) => [v.value, v.count]))
  const [counts, whole, then] = [countsOf(live), countsOf(all), countsOf(taken.counts)]
  const names = new Set([...whole.keys(), ...counts.keys(), ...chosen])
  const [tops, leads] = [new Set(taken.chosen), new Set(first)]
  const rank = (v: string) => (tops.has(v) ? 0 : v === NONE ? 3 : leads.has(v) ? 1 : 2)
  const less = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  const more = (of: ReadonlyMap<string, number>, a: string, b: string) => (of.get(b) ?? 0) - (of.get(a) ?? 0)
  return [...names]
    .sort((a, b) => rank(a) - rank(b) || more(then, a, b) || more(whole, a, b) || less(a, b))
    .map((value) => ({ value, count: counts.get(value) ?? 0 }))
}

/** As many as a facet shows before somebody asks for more. */
export const SHORT = 6
/** A longer list is looked through by a field. */
export const LONG = 12
/** As many as are drawn at once, however many there are. */
export const MOST = 60

export interface Shown {
  values: FacetValue[]
  /** How many are left out. */
  rest: number
}

/** What is drawn of a facet: the first ones and what is chosen; all that `found` says when somebody looks for one. */
export function shownValues(
  values: FacetValue[],
  chosen: string[],
  open: boolean,
  found?: (value: string) => boolean,
): Shown {
  const among = found ? values.filter((v) => chosen.includes(v.value) || found(v.value)) : values
  const most = open ? MOST : SHORT
  if (among.length <= most + 1) return { values: among, rest: 0 }
  const shown = among.filter((v, i) => i < most || chosen.includes(v.value) || v.value === NONE)
  return { values: shown, rest: among.length - shown.length }
}
