import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import { refOf, type Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { inOrder, type FacetAnswer } from '../../lib/kinds.ts'
import { api } from '../../lib/paths.ts'
import {
  countBody,
  facetBodies,
  facetPaths,
  fullText,
  listBody,
  noOwnerBody,
  textFields,
  type Asker,
  type FacetBody,
} from './catalog-query.ts'
import { facetNames, NONE, type CatalogSearch, type FilterName } from './catalog-search.ts'
import type { Facets } from './facet-values.ts'

export interface ListPage {
  items: Entity[]
  totalItems: number
}

export function pageQuery(search: CatalogSearch, asker: Asker, page: number) {
  const body = listBody(search, asker, page)
  return queryOptions({
    queryKey: keys.list(body),
    queryFn: ({ signal }) => request<ListPage>(api.query, { method: 'POST', body, signal }),
  })
}

export function countQuery(search: CatalogSearch, asker: Asker, skip?: FilterName) {
  const body = countBody(search, asker, skip)
  return queryOptions({
    queryKey: keys.total(body),
    queryFn: async ({ signal }) => (await request<ListPage>(api.query, { method: 'POST', body, signal })).totalItems,
    placeholderData: keepPreviousData,
  })
}

const ask = (body: FacetBody, signal: AbortSignal) => request<FacetAnswer>(api.facets, { method: 'POST', body, signal })

/** The values of each facet, each counted without itself. */
export function facetsQuery(search: CatalogSearch, asker: Asker) {
  const bodies = facetBodies(search, asker)
  const noOwner = noOwnerBody(search, asker)
  return queryOptions({
    queryKey: keys.facet({ bodies, noOwner }),
    queryFn: async ({ signal }): Promise<Facets> => {
      const [absent, ...answers] = await Promise.all([ask(noOwner, signal), ...bodies.map((b) => ask(b.body, signal))])
      const facets = Object.fromEntries(
        facetNames.map((name) => {
          const at = bodies.findIndex((b) => b.names.includes(name))
          return [name, answers[at]?.facets[facetPaths[name]] ?? []]
        }),
      ) as Facets
      const ownerless = absent.facets['kind']?.reduce((sum, v) => sum + v.count, 0) ?? 0
      if (ownerless > 0) facets.owner = [...facets.owner, { value: NONE, count: ownerless }]
      return facets
    },
    placeholderData: keepPreviousData,
  })
}

/** How many of each kind a text is found in: the list asks for one kind at a time. */
export function kindsWithQuery(term: string) {
  const body = { facets: ['kind'], query: {}, ...fullText({ kind: '', q: term }) }
  return queryOptions({
    queryKey: keys.facet(body),
    queryFn: async ({ signal }) => inOrder((await ask(body, signal)).facets['kind'] ?? []),
  })
}

const MOST_NAMES = 500

/** Refs of teams and people that are called so: a facet of owners is looked through by their names, not by refs alone. */
export function ownersCalledQuery(term: string) {
  return queryOptions({
    queryKey: [...keys.lists, 'owners called', term],
    queryFn: async ({ signal }) => {
      const body = {
        query: { kind: { $in: ['group', 'user'] } },
        fullTextFilter: { term, fields: textFields.slice(0, 2).concat('spec.profile.displayName'), words: true },
        fields: ['kind', 'metadata.name', 'metadata.namespace'],
        limit: MOST_NAMES,
      }
      return (await request<ListPage>(api.query, { method: 'POST', body, signal })).items.map(refOf)
    },
    placeholderData: keepPreviousData,
  })
}
