import {
  activeFilters,
  facetNames,
  NONE,
  parseSort,
  type CatalogSearch,
  type FacetName,
  type FilterName,
} from './catalog-search.ts'

/** Backstage's predicate language: `path → value or operator`, combined by `$all`, `$any`, `$not`. */
export type Predicate = Record<string, unknown>

export interface ListBody {
  query: Predicate
  fullTextFilter?: { term: string; fields: string[] }
  orderBy?: { field: string; order: 'asc' | 'desc' }[]
  fields?: string[]
  offset?: number
  limit?: number
}

export const facetPaths: Record<FacetName, string> = {
  owner: 'relations.ownedBy',
  type: 'spec.type',
  lifecycle: 'spec.lifecycle',
  tag: 'metadata.tags',
  namespace: 'metadata.namespace',
}

export const textFields = [
  'metadata.name',
  'metadata.title',
  'metadata.description',
  'metadata.tags',
  'spec.profile.displayName',
]

const sortPaths = { name: 'metadata.name', owner: 'spec.owner', type: 'spec.type', lifecycle: 'spec.lifecycle' }

/** The kind and the facets of a search; `skip` leaves one facet out, to count its values without itself. */
export function predicate(search: CatalogSearch, skip?: FilterName): Predicate {
  const all: Predicate[] = [{ kind: search.kind }]
  for (const name of facetNames) {
    const values = search[name]
    if (name === skip || !values || values.length === 0) continue
    all.push(oneOf(facetPaths[name], values))
  }
  return all.length === 1 ? { kind: search.kind } : { $all: all }
}

function oneOf(path: string, values: string[]): Predicate {
  const named = values.filter((v) => v !== NONE)
  const absent: Predicate = { $not: { [path]: { $exists: true } } }
  if (named.length === values.length) return { [path]: { $in: named } }
  return named.length === 0 ? absent : { $any: [absent, { [path]: { $in: named } }] }
}

export function fullText(search: CatalogSearch, skip?: FilterName): Pick<ListBody, 'fullTextFilter'> {
  const term = search.q?.trim()
  return term && skip !== 'q' ? { fullTextFilter: { term, fields: textFields } } : {}
}

const always = [
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.title',
  'metadata.description',
  'metadata.labels',
  'spec.type',
  'spec.owner',
  'spec.lifecycle',
  'spec.system',
  'spec.profile',
  'status',
]

const perKind: Record<string, string[]> = {
  system: ['spec.domain'],
  domain: ['spec.subdomainOf'],
  group: ['spec.parent', 'relations'],
  user: ['spec.memberOf', 'relations'],
  location: ['spec.target', 'spec.targets'],
}

export const PAGE = 100

/** The body that asks for one page of rows; `page` counts from 0. */
export function listBody(search: CatalogSearch, page: number): ListBody {
  const sort = parseSort(search.sort) ?? { field: 'name' as const, descending: false }
  return {
    query: predicate(search),
    ...fullText(search),
    orderBy: [{ field: sortPaths[sort.field], order: sort.descending ? 'desc' : 'asc' }],
    fields: [...always, ...(perKind[search.kind] ?? [])],
    offset: page * PAGE,
    limit: PAGE,
  }
}

/** The body that only counts, with one filter left out or none. */
export function countBody(search: CatalogSearch, skip?: FilterName): ListBody {
  return { query: predicate(search, skip), ...fullText(search, skip), limit: 0 }
}

export interface FacetBody extends Pick<ListBody, 'fullTextFilter'> {
  query: Predicate
  facets: string[]
}

/**
 * The requests that count every facet without itself. Facets in which nothing is chosen see the same entities, so they
 * share one request.
 */
export function facetBodies(search: CatalogSearch): { names: FacetName[]; body: FacetBody }[] {
  const chosen = activeFilters(search).filter((n): n is FacetName => n !== 'q')
  const open = facetNames.filter((n) => !chosen.includes(n))
  const bodies = chosen.map((name) => ({
    names: [name],
    body: { facets: [facetPaths[name]], query: predicate(search, name), ...fullText(search) },
  }))
  const shared = { facets: open.map((n) => facetPaths[n]), query: predicate(search), ...fullText(search) }
  return open.length > 0 ? [...bodies, { names: open, body: shared }] : bodies
}

/** Counts what has no owner, in the place of the owner facet. */
export function noOwnerBody(search: CatalogSearch): FacetBody {
  return {
    facets: ['kind'],
    query: { $all: [predicate(search, 'owner'), { $not: { [facetPaths.owner]: { $exists: true } } }] },
    ...fullText(search),
  }
}
