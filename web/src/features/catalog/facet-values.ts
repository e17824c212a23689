import type { FacetValue } from '../../lib/kinds.ts'
import { NONE, type FacetName } from './catalog-search.ts'

export type Facets = Record<FacetName, FacetValue[]>

/**
 * The values that a facet shows: all that the kind has, with the counts under the present filters (0 when none is left),
 * and what is chosen even where it exists no more. `first` values lead, then by the count of the whole kind, then by name;
 * "none" comes last.
 */
export function facetValues(
  all: FacetValue[],
  live: FacetValue[],
  chosen: string[],
  first: string[] = [],
): FacetValue[] {
  const counts = new Map(live.map((v) => [v.value, v.count]))
  const whole = new Map(all.map((v) => [v.value, v.count]))
  const names = new Set([...whole.keys(), ...counts.keys(), ...chosen])
  const leads = new Set(first)
  const rank = (v: string) => (v === NONE ? 2 : leads.has(v) ? 0 : 1)
  const less = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return [...names]
    .sort((a, b) => rank(a) - rank(b) || (whole.get(b) ?? 0) - (whole.get(a) ?? 0) || less(a, b))
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
