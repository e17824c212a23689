import { many, one } from '../../lib/search-params.ts'
import { refOf, relatedCount, type Entity } from '../../lib/entity.ts'
import type { Side } from './model.ts'

/** What a graph shows, as it stands in the address. What is absent is the default. */
export interface GraphSearch {
  view?: 'graph' | 'table' | undefined
  /** One side of it; both when absent. */
  side?: Side | undefined
  /** Steps; `DEPTH` when absent. */
  depth?: Depth | undefined
  /** Relation types; the usual ones of the kind when absent, none for `none`. */
  rel?: string[] | undefined
  /** Kinds that are shown; all when absent. */
  kinds?: string[] | undefined
  group?: 'off' | undefined
  /** Systems that were opened. */
  open?: string[] | undefined
  /** Entities that were asked for one more step. */
  more?: string[] | undefined
  /** Draws what breaks if it goes, or what it breaks with. */
  impact?: Side | undefined
  /** The box that is looked at. */
  at?: string | undefined
}

export interface GraphPageSearch extends GraphSearch {
  ref?: string[] | undefined
  from?: string | undefined
  to?: string | undefined
  /** A way only from who needs to what it needs; either way along relations when absent. */
  way?: 'along' | undefined
  /** Entities that a way is not to lead through. */
  not?: string[] | undefined
  /** Whose systems a map begins with: those of one's teams, where there are any, when absent. */
  of?: 'mine' | 'all' | undefined
}

export type Depth = 1 | 2 | 3 | 'all'

export const DEPTH = 2
/** The most steps that the server walks. */
export const ALL = 8

const nonEmpty = (list: string[]) => (list.length > 0 ? list : undefined)
const refs = (value: unknown) => nonEmpty(many(value).map((ref) => ref.toLowerCase()))

export function parseGraphSearch(raw: Record<string, unknown>): GraphSearch {
  const out: GraphSearch = {
    view: oneOf(raw['view'], 'graph', 'table'),
    side: oneOf(raw['side'], 'users', 'needs'),
    depth: depthOf(one(raw['depth'])),
    rel: nonEmpty(many(raw['rel'])),
    kinds: refs(raw['kinds']),
    group: oneOf(raw['group'], 'off'),
    open: refs(raw['open']),
    more: refs(raw['more']),
    impact: oneOf(raw['impact'], 'users', 'needs'),
    at: one(raw['at'])?.toLowerCase(),
  }
  return compact(out)
}

function oneOf<T extends string>(value: unknown, ...all: T[]): T | undefined {
  return all.find((v) => v === one(value))
}

function depthOf(value: string | undefined): Depth | undefined {
  if (value === 'all') return 'all'
  const n = Number(value)
  return n === 1 || n === 3 ? n : undefined
}

/** Without what is absent, so that two addresses of the same graph are the same. */
function compact<T extends object>(search: T): T {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as T
}

export function parseGraphPageSearch(raw: Record<string, unknown>): GraphPageSearch {
  const out = { ...parseGraphSearch(raw), ...backstage(raw) }
  const given = refs(raw['ref'])
  return compact({
    ...out,
    ...(given ? { ref: given } : {}),
    from: one(raw['from'])?.toLowerCase(),
    to: one(raw['to'])?.toLowerCase(),
    way: oneOf(raw['way'], 'along'),
    not: refs(raw['not']),
    of: oneOf(raw['of'], 'mine', 'all'),
  })
}

/**
 * The parameters of Backstage's page, so that a link in a wiki shows what it showed there. What it calls the same but means
 * otherwise is read by its names alone: `rootEntityRefs[]`, `maxDepth`, `selectedRelations[]`, `selectedKinds[]`.
 * Directions and merged relations are drawn here as they always are: from left to right, each relation once.
 */
function backstage(raw: Record<string, unknown>): GraphPageSearch {
  const list = (name: string) => many(raw[`${name}[]`] ?? raw[name])
  const rootRefs = nonEmpty(list('rootEntityRefs').map((ref) => ref.toLowerCase()))
  const max = one(raw['maxDepth'])
  const relations = nonEmpty([...new Set(list('selectedRelations').map((type) => forward[type] ?? type))])
  const kinds = nonEmpty(list('selectedKinds').map((kind) => kind.toLowerCase()))
  return compact({
    ref: rootRefs,
    depth: max === undefined ? undefined : backstageDepth(max),
    rel: relations,
    kinds,
  })
}

function backstageDepth(value: string): Depth | undefined {
  if (/^(infinity|∞|)$/i.test(value)) return 'all'
  const n = Number(value)
  if (!Number.isFinite(n) || n < 1) return undefined
  return n > 3 ? 'all' : n === 2 ? undefined : (n as Depth)
}

/** Each pair of relations stands once in the graph, by the one that is written in files. */
const forward: Record<string, string> = {
  dependencyOf: 'dependsOn',
  apiConsumedBy: 'consumesApi',
  apiProvidedBy: 'providesApi',
  hasPart: 'partOf',
  ownerOf: 'ownedBy',
  hasMember: 'memberOf',
  parentOf: 'childOf',
}

/** The relations with which one begins: what a failure travels along; of what holds others together, that. */
export function usualRelations(roots: string[], others: string[] = []): string[] {
  const needs = ['dependsOn', 'consumesApi', 'providesApi']
  const kind = roots[0]?.slice(0, roots[0].indexOf(':'))
  const own = others.map((type) => forward[type] ?? type).filter((type) => !known.includes(type))
  if (kind === 'system' || kind === 'domain') return [...needs, 'partOf', ...own]
  if (kind === 'group' || kind === 'user') return ['memberOf', 'childOf', 'ownedBy', ...own]
  return [...needs, ...own]
}

/** What runs between systems, and what they are part of: with these a map begins. */
export const mapRelations = ['dependsOn', 'consumesApi', 'providesApi', 'partOf']

/** What a map does not have: it shows what is in its systems; of one's own, what touches that as well. */
export const mapReach = {
  all: { depth: 1, side: undefined, impact: undefined },
  mine: { depth: 2, side: undefined, impact: undefined },
} as const

/** How many are one step away in the graph with which one begins: what the tab counts, and the sentence above the graph. */
export function oneStepCount(entity: Entity): number {
  const usual = usualRelations(
    [refOf(entity)],
    entity.relations?.map((r) => r.type),
  )
  return relatedCount(entity, (type) => usual.includes(forward[type] ?? type))
}

const known = [...Object.keys(forward), ...Object.values(forward)]

/** The relations that are asked for: those of the address, or the usual ones. */
export function relationsShown(search: GraphSearch, usual: string[]): string[] {
  if (!search.rel) return usual
  return search.rel.filter((type) => type !== 'none')
}

/** The address with a relation switched; back at the usual ones it names none. */
export function withRelation(search: GraphSearch, usual: string[], type: string): GraphSearch {
  const now = relationsShown(search, usual)
  const next = now.includes(type) ? now.filter((t) => t !== type) : [...now, type]
  const same = next.length === usual.length && next.every((t) => usual.includes(t))
  return { ...search, rel: same ? undefined : next.length === 0 ? ['none'] : next }
}

export function toggledIn(list: string[] | undefined, value: string): string[] | undefined {
  const now = list ?? []
  return nonEmpty(now.includes(value) ? now.filter((v) => v !== value) : [...now, value])
}
