import { strings, text, type Entity } from '../../lib/entity.ts'
import type { FacetValue } from '../../lib/kinds.ts'
import { ownerRef } from '../../lib/summaries.ts'
import { facetNames, NONE, type CatalogSearch, type FacetName } from './catalog-search.ts'

export type Facets = Record<FacetName, FacetValue[]>

/**
 * Counts the facets of what a text search found, each without itself. The API counts facets by predicates, not by text,
 * so this is done here, on at most COUNTED entities.
 */
export function countFacets(found: Pick<Entity, 'metadata' | 'spec'>[], search: CatalogSearch): Facets {
  const valued = found.map((entity) => valuesOf(entity))
  return Object.fromEntries(
    facetNames.map((name) => {
      const others = facetNames.filter((n) => n !== name && (search[n]?.length ?? 0) > 0)
      const counts = new Map<string, number>()
      for (const values of valued) {
        if (!others.every((n) => values[n].some((v) => search[n]?.includes(v)))) continue
        for (const value of values[name]) counts.set(value, (counts.get(value) ?? 0) + 1)
      }
      return [name, [...counts].map(([value, count]) => ({ value, count }))]
    }),
  ) as Facets
}

function valuesOf({ metadata, spec }: Pick<Entity, 'metadata' | 'spec'>): Record<FacetName, string[]> {
  const owner = text(spec?.['owner'])
  return {
    owner: [owner ? ownerRef(owner, metadata.namespace) : NONE],
    type: strings(spec?.['type']),
    lifecycle: strings(spec?.['lifecycle']),
    tag: [...new Set(metadata.tags ?? [])],
    namespace: [metadata.namespace ?? 'default'],
  }
}
