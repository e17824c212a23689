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
  const rank = (v: string) => (v === NONE ? 2 : first.includes(v) ? 0 : 1)
  return [...names]
    .sort((a, b) => rank(a) - rank(b) || (whole.get(b) ?? 0) - (whole.get(a) ?? 0) || a.localeCompare(b))
    .map((value) => ({ value, count: counts.get(value) ?? 0 }))
}
