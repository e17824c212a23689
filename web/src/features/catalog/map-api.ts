import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import { refOf, text, titleOf } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import type { FacetAnswer } from '../../lib/kinds.ts'
import { api } from '../../lib/paths.ts'
import type { ListPage } from './api.ts'
import { fullText, partOf, predicate, type Asker } from './catalog-query.ts'
import { NONE, type CatalogSearch } from './catalog-search.ts'
import { parentRef, type Place } from './map-tree.ts'

/** As many systems and domains as the map knows; a catalog of 100,000 entities has some 5,000. */
const MOST_PLACES = 20_000

export interface Places {
  places: Place[]
  /** How many systems and domains are not among them. */
  left: number
}

/** Every system and domain, and where it belongs. The same for all filters, so it is asked for again only when one of them changes. */
export const placesQuery = queryOptions({
  queryKey: keys.places,
  queryFn: async ({ signal }): Promise<Places> => {
    const body = {
      query: { kind: { $in: ['system', 'domain'] } },
      fields: ['kind', 'metadata.name', 'metadata.namespace', 'metadata.title', 'spec.domain', 'spec.subdomainOf'],
      limit: MOST_PLACES,
    }
    const { items, totalItems } = await request<ListPage>(api.query, { method: 'POST', body, signal })
    const places = items.map((e) => ({
      ref: refOf(e),
      title: titleOf(e),
      parent: parentRef(text(e.spec?.[e.kind === 'Domain' ? 'subdomainOf' : 'domain']), e.metadata.namespace),
    }))
    return { places, left: totalItems - places.length }
  },
  placeholderData: keepPreviousData,
})

export interface Counts {
  /** How many entities are a part of what, by ref. */
  of: Map<string, number>
  none: number
}

/** How many of what the filters leave are in which system; two counts, however large the catalog is. */
export function mapCountsQuery(search: CatalogSearch, asker: Asker) {
  const query = predicate(search, asker, 'in')
  const facets = { facets: ['relations.partOf'], query, ...fullText(search) }
  const none = { query: { $all: [query, partOf(search.kind, NONE)] }, ...fullText(search), limit: 0 }
  return queryOptions({
    queryKey: keys.facet({ map: facets }),
    queryFn: async ({ signal }): Promise<Counts> => {
      const [answer, rest] = await Promise.all([
        request<FacetAnswer>(api.facets, { method: 'POST', body: facets, signal }),
        request<ListPage>(api.query, { method: 'POST', body: none, signal }),
      ])
      const values = answer.facets['relations.partOf'] ?? []
      return { of: new Map(values.map((v) => [v.value.toLowerCase(), v.count])), none: rest.totalItems }
    },
    placeholderData: keepPreviousData,
  })
}

/** As many entities as are drawn one by one. */
export const MOST_ENTITIES = 300

/** The entities in some systems, or in none: those of the present level alone. */
export function membersQuery(search: CatalogSearch, asker: Asker, refs: string[]) {
  const named = refs.filter((ref) => ref !== NONE)
  const within = {
    $any: [
      ...(named.length > 0 ? [{ 'relations.partOf': { $in: named } }] : []),
      ...(refs.includes(NONE) ? [partOf(search.kind, NONE)] : []),
    ],
  }
  const body = {
    query: { $all: [predicate(search, asker, 'in'), within] },
    ...fullText(search),
    orderBy: [{ field: 'metadata.name', order: 'asc' }],
    fields: [
      'kind',
      'metadata.name',
      'metadata.namespace',
      'metadata.title',
      'spec.profile.displayName',
      'spec.system',
      'spec.domain',
      'spec.type',
      'spec.lifecycle',
      'status',
      'portico.absent',
    ],
    limit: MOST_ENTITIES,
  }
  return queryOptions({
    queryKey: keys.list({ members: body }),
    queryFn: ({ signal }) => request<ListPage>(api.query, { method: 'POST', body, signal }),
  })
}
