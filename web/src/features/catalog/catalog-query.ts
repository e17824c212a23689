import { entityText, parseRef } from '../../lib/entity.ts'
import { columnFields } from './column-fields.ts'
import {
  activeFilters,
  facetNames,
  inSystem,
  NONE,
  parseSort,
  type CatalogSearch,
  type FacetName,
  type FilterName,
} from './catalog-search.ts'

/** Backstage's predicate language: `path → value or operator`, combined by `$all`, `$any`, `$not`. */
export type Predicate = Record<string, unknown>

/** Every word of the term occurs in some field of what is found. */
export interface TextFilter {
  term: string
  fields: string[]
  words: true
}

export interface ListBody {
  query: Predicate
  fullTextFilter?: TextFilter
  orderBy?: { field: string; order: 'asc' | 'desc' }[]
  fields?: string[]
  /** Of each type, so many relations at most; an entity says how many it has of those that were cut. */
  mostRelations?: number
  offset?: number
  limit?: number
}

/** Who asks: what "mine" and "starred" mean in a search. */
export interface Asker {
  /** The person's own ref; undefined for a guest. */
  me?: string | undefined
  teams: string[]
  /** Refs, lower case. */
  stars: ReadonlySet<string>
}

export const facetPaths: Record<FacetName, string> = {
  owner: 'relations.ownedBy',
  type: 'spec.type',
  lifecycle: 'spec.lifecycle',
  tag: 'metadata.tags',
  namespace: 'metadata.namespace',
}

export const textFields = [...entityText, 'spec.profile.displayName']

const sortPaths: Record<string, string> = {
  name: 'metadata.name',
  owner: 'spec.owner',
  type: 'spec.type',
  lifecycle: 'spec.lifecycle',
  changed: 'portico.changedAt',
}

/** The kind and the filters of a search; `skip` leaves one out, to count its values without itself. */
export function predicate(search: CatalogSearch, asker: Asker, skip?: FilterName): Predicate {
  const all: Predicate[] = [{ kind: search.kind }]
  if (search.owned?.length && skip !== 'owned') all.push(ownedBy(search, asker))
  if (search.starred && skip !== 'starred') all.push(starredOf(search.kind, asker))
  if (search.attention && skip !== 'attention') all.push(inNeed)
  const within = inSystem(search)
  if (within && skip !== 'in') all.push(partOf(search.kind, within))
  for (const name of facetNames) {
    const values = search[name]
    if (name === skip || !values || values.length === 0) continue
    all.push(oneOf(facetPaths[name], values))
  }
  return all.length === 1 ? { kind: search.kind } : { $all: all }
}

/** What somebody has to look after, as the index holds it: the same that Home tells owners of. */
const inNeed: Predicate = { 'portico.needs': { $in: ['error', 'missing', 'conflict', 'absent'] } }

function oneOf(path: string, values: string[]): Predicate {
  const named = values.filter((v) => v !== NONE)
  const absent: Predicate = { $not: { [path]: { $exists: true } } }
  if (named.length === values.length) return { [path]: { $in: named } }
  return named.length === 0 ? absent : { $any: [absent, { [path]: { $in: named } }] }
}

/** A team of mine, or me, or either. Who is in no team owns nothing by one. */
export function ownedBy(search: Pick<CatalogSearch, 'owned'>, { me, teams }: Asker): Predicate {
  const refs = [
    ...(search.owned?.includes('teams') ? teams : []),
    ...(search.owned?.includes('me') && me ? [me] : []),
  ].map((ref) => ref.toLowerCase())
  return { [facetPaths.owner]: { $in: refs } }
}

/** As many values as one question may hold, and room for the rest of it. */
const MOST_STARS = 1_500

/** The stars of a kind: the index has no field for a ref, so the names are asked for by namespace. */
function starredOf(kind: string, { stars }: Asker): Predicate {
  const byNamespace = new Map<string, string[]>()
  let taken = 0
  for (const ref of stars) {
    const parts = parseRef(ref)
    if (parts.kind !== kind || taken++ >= MOST_STARS) continue
    byNamespace.set(parts.namespace, [...(byNamespace.get(parts.namespace) ?? []), parts.name])
  }
  return {
    $any: [...byNamespace]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([namespace, names]) => ({ 'metadata.namespace': namespace, 'metadata.name': { $in: names.sort() } })),
  }
}

/** What a kind is a part of: a system of a domain, everything else of a system. */
export function parentKind(kind: string): 'system' | 'domain' {
  return kind === 'system' ? 'domain' : 'system'
}

export function partOf(kind: string, ref: string): Predicate {
  if (ref !== NONE) return { 'relations.partOf': { $in: [ref] } }
  return { $not: { [`spec.${parentKind(kind)}`]: { $exists: true } } }
}

export function fullText(search: CatalogSearch, skip?: FilterName): Pick<ListBody, 'fullTextFilter'> {
  const term = search.q?.trim()
  return term && skip !== 'q' ? { fullTextFilter: { term, fields: textFields, words: true } } : {}
}

const always = [
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.title',
  'metadata.description',
  'spec.profile.displayName',
  'status',
  'portico.absent',
]

/** As many teams as the row of a person names. */
export const TEAMS = 2

export const PAGE = 200

export function orderOf(search: CatalogSearch): { field: string; order: 'asc' | 'desc' } {
  const sort = parseSort(search.sort) ?? { field: 'name', descending: false }
  return { field: sortPaths[sort.field] ?? sort.field, order: sort.descending ? 'desc' : 'asc' }
}

/** The body that asks for one page of rows; `page` counts from 0. */
export function listBody(search: CatalogSearch, asker: Asker, page: number): ListBody {
  const fields = [...new Set([...always, ...columnFields(search.kind, search.cols)])]
  return {
    query: predicate(search, asker),
    ...fullText(search),
    orderBy: [orderOf(search)],
    fields,
    ...(fields.includes('relations') && { mostRelations: TEAMS }),
    offset: page * PAGE,
    limit: PAGE,
  }
}

/** The body that only counts, with one filter left out or none. */
export function countBody(search: CatalogSearch, asker: Asker, skip?: FilterName): ListBody {
  return { query: predicate(search, asker, skip), ...fullText(search, skip), limit: 0 }
}

export interface FacetBody extends Pick<ListBody, 'fullTextFilter'> {
  query: Predicate
  facets: string[]
}

/**
 * The requests that count every facet without itself. Facets in which nothing is chosen see the same entities, so they
 * share one request.
 */
export function facetBodies(search: CatalogSearch, asker: Asker): { names: FacetName[]; body: FacetBody }[] {
  const active = activeFilters(search)
  const chosen = facetNames.filter((n) => active.includes(n))
  const open = facetNames.filter((n) => !chosen.includes(n))
  const bodies = chosen.map((name) => ({
    names: [name],
    body: { facets: [facetPaths[name]], query: predicate(search, asker, name), ...fullText(search) },
  }))
  const shared = { facets: open.map((n) => facetPaths[n]), query: predicate(search, asker), ...fullText(search) }
  return open.length > 0 ? [...bodies, { names: open, body: shared }] : bodies
}

/** Counts what has no owner, in the place of the owner facet. */
export function noOwnerBody(search: CatalogSearch, asker: Asker): FacetBody {
  return {
    facets: ['kind'],
    query: { $all: [predicate(search, asker, 'owner'), { $not: { [facetPaths.owner]: { $exists: true } } }] },
    ...fullText(search),
  }
}

/** What "Show" offers, each as a search that is counted: the present one with that filter alone in its place. */
export function showSearches(search: CatalogSearch): {
  teams: CatalogSearch
  me: CatalogSearch
  starred: CatalogSearch
  attention: CatalogSearch
} {
  return {
    teams: { ...search, owned: ['teams'] },
    me: { ...search, owned: ['me'] },
    starred: { ...search, starred: true },
    attention: { ...search, attention: true },
  }
}
