import { many, one } from '../../lib/search-params.ts'

export const facetNames = ['owner', 'type', 'lifecycle', 'tag', 'namespace'] as const
export type FacetName = (typeof facetNames)[number]

/** Stands for "has no value" in a facet; not a name that an entity or a tag can have. */
export const NONE = '!none'

export const sortFields = ['name', 'owner', 'type', 'lifecycle'] as const
export type SortField = (typeof sortFields)[number]

export interface Sort {
  field: SortField
  descending: boolean
}

/** The state of the catalog page, as it stands in the URL. */
export type CatalogSearch = {
  kind: string
  q?: string | undefined
  /** `name`, `-owner`: a field, with a minus for descending. */
  sort?: string | undefined
} & Partial<Record<FacetName, string[] | undefined>>

/**
 * Reads `?kind=component&owner=group:default/payments&type=service&type=worker&q=led&sort=-owner`.
 * Links from Backstage (`filters[kind]=…&filters[owners]=…`) mean the same.
 */
export function parseCatalogSearch(raw: Record<string, unknown>): CatalogSearch {
  const search: CatalogSearch = { kind: (one(raw['kind']) ?? one(raw['filters[kind]']) ?? 'component').toLowerCase() }
  for (const name of facetNames) {
    const values = many(raw[name])
    const theirs = values.length > 0 ? values : theirFilter(raw, name)
    if (theirs.length > 0) search[name] = theirs
  }
  const q = one(raw['q']) ?? one(raw['filters[text]'])
  if (q) search.q = q
  const sort = one(raw['sort'])
  if (sort && parseSort(sort)) search.sort = sort
  return search
}

const theirNames: Record<FacetName, string> = {
  owner: 'owners',
  type: 'type',
  lifecycle: 'lifecycles',
  tag: 'tags',
  namespace: 'namespace',
}

function theirFilter(raw: Record<string, unknown>, name: FacetName): string[] {
  const key = `filters[${theirNames[name]}]`
  const hits = Object.entries(raw).filter(([k]) => k === key || (k.startsWith(`${key}[`) && k.endsWith(']')))
  return hits.flatMap(([, value]) => many(value))
}

export function parseSort(sort: string | undefined): Sort | undefined {
  const descending = sort?.startsWith('-') ?? false
  const field = sortFields.find((f) => f === (descending ? sort?.slice(1) : sort))
  return field && { field, descending }
}

/** A click on a column head: ascending, then descending, then back to the usual order. */
export function nextSort(current: string | undefined, field: SortField): string | undefined {
  const sort = parseSort(current) ?? { field: 'name', descending: false }
  if (sort.field !== field) return field === 'name' ? undefined : field
  return sort.descending ? undefined : `-${field}`
}

export function toggled(search: CatalogSearch, facet: FacetName, value: string): CatalogSearch {
  const had = search[facet] ?? []
  const next = had.includes(value) ? had.filter((v) => v !== value) : [...had, value]
  return { ...search, [facet]: next.length > 0 ? next : undefined }
}

export type FilterName = FacetName | 'q'

/** The filters that narrow the kind, in the order in which they are shown. */
export function activeFilters(search: CatalogSearch): FilterName[] {
  const facets = facetNames.filter((name) => (search[name]?.length ?? 0) > 0)
  return search.q ? ['q', ...facets] : facets
}

export function without(search: CatalogSearch, ...names: FilterName[]): CatalogSearch {
  const next = { ...search }
  for (const name of names) next[name] = undefined
  return next
}
