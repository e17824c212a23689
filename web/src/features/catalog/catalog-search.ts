import { formatRef, parseRef } from '../../lib/entity.ts'
import { many, one } from '../../lib/search-params.ts'

export const facetNames = ['owner', 'type', 'lifecycle', 'tag', 'namespace'] as const
export type FacetName = (typeof facetNames)[number]

/** Stands for "has no value" in a facet; not a name that an entity or a tag can have. */
export const NONE = '!none'

/** Whose: of the teams that the person is in, or of the person alone. Both at once are either. */
export const ownedValues = ['teams', 'me'] as const
export type Owned = (typeof ownedValues)[number]

export const sortFields = ['name', 'owner', 'type', 'lifecycle', 'changed'] as const

export interface Sort {
  /** One of `sortFields`, or the path of a field. */
  field: string
  descending: boolean
}

/** The state of the catalog page, as it stands in the URL. */
export type CatalogSearch = {
  kind: string
  q?: string | undefined
  owned?: Owned[] | undefined
  starred?: true | undefined
  /** Those whose file cannot be used, that no source declares any more, that two files claim, or that name what is not there. */
  attention?: true | undefined
  /** The system whose parts are shown, or, on the map, the domain; `!none` is what is in no system. */
  in?: string | undefined
  /** `name`, `-owner`: a field, with a minus for descending. */
  sort?: string | undefined
  /** The columns after the name, in their order; nothing means those that the kind has by itself. */
  cols?: string[] | undefined
  view?: 'map' | undefined
  /** Which saved view the page was opened from. Nobody else has it, and nothing but the title follows it. */
  saved?: string | undefined
} & Partial<Record<FacetName, string[] | undefined>>

/**
 * Reads `?kind=component&owner=group:default/payments&type=service&type=worker&q=led&sort=-owner&cols=owner,tier`.
 * Links from Backstage (`filters[kind]=…&filters[owners]=…&filters[user]=owned`) mean the same.
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
  const theirUser = one(raw['filters[user]'])
  const owned = theirUser === 'owned' ? [...ownedValues] : many(raw['owned'])
  const known = ownedValues.filter((v) => owned.includes(v))
  if (known.length > 0) search.owned = known
  if (one(raw['starred']) === 'true' || raw['starred'] === true || theirUser === 'starred') search.starred = true
  if (one(raw['attention']) === 'true' || raw['attention'] === true) search.attention = true
  const within = one(raw['in'])
  if (within) search.in = within === NONE ? NONE : formatRef(parseRef(within, { kind: 'system' }))
  const sort = one(raw['sort'])
  if (sort && parseSort(sort)) search.sort = sort
  const cols = parseCols(raw['cols'])
  if (cols) search.cols = cols
  if (one(raw['view']) === 'map' && mapped(search.kind)) search.view = 'map'
  const saved = one(raw['saved'])
  if (saved) search.saved = saved
  return search
}

/** `owner,tier`; the router hands a list on as a list. `none` is a table of names alone. */
function parseCols(raw: unknown): string[] | undefined {
  const cols = many(raw).flatMap((v) => v.split(',').filter(Boolean))
  return cols.length > 0 ? [...new Set(cols)] : undefined
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

/** Whether it is the path of a field that a column can show: below metadata or spec. */
export function isPath(field: string): boolean {
  return /^(metadata|spec)\.[^\s,[\]]+$/.test(field)
}

export function parseSort(sort: string | undefined): Sort | undefined {
  if (!sort) return undefined
  const descending = sort.startsWith('-')
  const field = descending ? sort.slice(1) : sort
  return (sortFields as readonly string[]).includes(field) || isPath(field) ? { field, descending } : undefined
}

/**
 * A click on a column head: ascending, then descending, then back to the usual order. What changed last comes first: of
 * times nobody looks for the oldest.
 */
export function nextSort(current: string | undefined, field: string): string | undefined {
  const sort = parseSort(current) ?? { field: 'name', descending: false }
  const down = field === 'changed'
  const written = (descending: boolean) => (descending ? `-${field}` : field)
  if (sort.field !== field) return field === 'name' ? undefined : written(down)
  return sort.descending === down ? written(!down) : undefined
}

export function toggled(search: CatalogSearch, facet: FacetName, value: string): CatalogSearch {
  return { ...search, [facet]: turned(search[facet], value) }
}

export function toggledOwned(search: CatalogSearch, value: Owned): CatalogSearch {
  return { ...search, owned: turned(search.owned, value) }
}

function turned<T>(had: T[] = [], value: T): T[] | undefined {
  const next = had.includes(value) ? had.filter((v) => v !== value) : [...had, value]
  return next.length > 0 ? next : undefined
}

export const filterNames = ['q', 'owned', 'starred', 'attention', 'in', ...facetNames] as const
export type FilterName = (typeof filterNames)[number]

/** The filters that narrow the kind, in the order in which they are shown. */
export function activeFilters(search: CatalogSearch): FilterName[] {
  return filterNames.filter((name) => {
    const value = search[name]
    // The map is where a domain is looked into; the table knows no parts of one.
    if (name === 'in') return inSystem(search) !== undefined
    return Array.isArray(value) ? value.length > 0 : Boolean(value)
  })
}

/** The system, or `!none`, that the rows are kept to. */
export function inSystem(search: CatalogSearch): string | undefined {
  return search.in === NONE || search.in?.startsWith('system:') ? search.in : undefined
}

export function without(search: CatalogSearch, ...names: FilterName[]): CatalogSearch {
  const next = { ...search }
  for (const name of names) next[name] = undefined
  return next
}

/** Kinds of which nothing is a part of a system or domain. */
const unmapped = ['domain', 'group', 'user', 'template', 'location']

export function mapped(kind: string): boolean {
  return !unmapped.includes(kind)
}
