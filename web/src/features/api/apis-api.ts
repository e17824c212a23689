import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import { entityText, refOf, type Entity } from '../../lib/entity.ts'
import { batched } from '../../lib/batch.ts'
import { keys } from '../../lib/keys.ts'
import type { FacetAnswer } from '../../lib/kinds.ts'
import { api } from '../../lib/paths.ts'
import type { ApisSearch, Grouping } from './apis-search.ts'
import { callers, callersSent, type Deprecations } from './apis-words.ts'

export interface ApiGroup {
  /** Undefined: nothing is grouped, and this is all that there are; it has no heading. */
  by?: Grouping | undefined
  /** Undefined: what has no value. */
  value: string | undefined
  count: number
}

interface ListPage {
  items: Entity[]
  totalItems: number
}

const paths: Record<Grouping, string> = {
  owner: 'relations.ownedBy',
  type: 'spec.type',
  lifecycle: 'spec.lifecycle',
}

function text({ q }: ApisSearch): object {
  const term = q?.trim()
  return term ? { fullTextFilter: { term, fields: entityText, words: true } } : {}
}

const isApi = { kind: 'api' }

/** Nothing is grouped: one group of all that match. */
function wholeQuery(search: ApisSearch) {
  const body = { query: isApi, ...text(search), limit: 0 }
  return queryOptions({
    queryKey: keys.facet({ apis: body }),
    queryFn: async ({ signal }): Promise<ApiGroup[]> => {
      const { totalItems } = await request<ListPage>(api.query, { method: 'POST', body, signal })
      return totalItems > 0 ? [{ value: undefined, count: totalItems }] : []
    },
    placeholderData: keepPreviousData,
  })
}

/** The groups with how many APIs each has, the largest first and "none" last: all that the page needs to know its own height. */
export function groupsQuery(search: ApisSearch) {
  const by = search.group
  if (!by) return wholeQuery(search)
  const path = paths[by]
  const named = { query: isApi, ...text(search), facets: [path] }
  const none = { query: { $all: [isApi, { $not: { [path]: { $exists: true } } }] }, ...text(search), facets: ['kind'] }
  return queryOptions({
    queryKey: keys.facet({ apis: named }),
    queryFn: async ({ signal }): Promise<ApiGroup[]> => {
      const ask = (body: object) => request<FacetAnswer>(api.facets, { method: 'POST', body, signal })
      const [some, absent] = await Promise.all([ask(named), ask(none)])
      const groups = [...(some.facets[path] ?? [])]
        .sort((a, b) => b.count - a.count || a.value.localeCompare(b.value))
        .map((v): ApiGroup => ({ by, ...v }))
      const without = absent.facets['kind']?.reduce((sum, v) => sum + v.count, 0) ?? 0
      return without > 0 ? [...groups, { by, value: undefined, count: without }] : groups
    },
    placeholderData: keepPreviousData,
  })
}

const fields = [
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.title',
  'metadata.description',
  'spec.type',
  'spec.lifecycle',
  'relations',
]

const load = batched<Entity | null>(async (refs) => {
  const answer = await request<{ items: (Entity | null)[] }>(api.byRefs, {
    method: 'POST',
    body: { entityRefs: refs, fields, mostRelations: 1 },
  })
  return answer.items
}, 500)

/** One API as a row shows it; all rows of a page are one request. null: the ref points at nothing. */
export function apiQuery(ref: string) {
  return queryOptions({ queryKey: keys.list({ api: ref }), queryFn: () => load(ref) })
}

export const PAGE = 50

function within({ by, value }: ApiGroup): object[] {
  if (!by) return []
  const path = paths[by]
  return [value === undefined ? { $not: { [path]: { $exists: true } } } : { [path]: value }]
}

/** One page of the APIs of a group, with who provides and who calls each. */
export function groupPageQuery(search: ApisSearch, group: ApiGroup, page: number) {
  const body = {
    query: { $all: [isApi, ...within(group)] },
    ...text(search),
    orderBy: [{ field: 'metadata.name', order: 'asc' }],
    fields,
    mostRelations: 1,
    offset: page * PAGE,
    limit: PAGE,
  }
  return queryOptions({
    queryKey: keys.list(body),
    queryFn: ({ signal }) => request<ListPage>(api.query, { method: 'POST', body, signal }),
  })
}

const MOST_DEPRECATED = 200

/** As many callers of a deprecated API as its row names. */
export const CALLERS = 7

/** How many APIs there are, and those that are deprecated. */
export const deprecatedQuery = queryOptions({
  queryKey: keys.list({ apis: 'deprecated' }),
  queryFn: async ({ signal }): Promise<Deprecations> => {
    const ask = (body: object) => request<ListPage>(api.query, { method: 'POST', body, signal })
    const [all, deprecated] = await Promise.all([
      ask({ query: isApi, limit: 0 }),
      ask({
        query: { $all: [isApi, { 'spec.lifecycle': 'deprecated' }] },
        orderBy: [{ field: 'metadata.name', order: 'asc' }],
        fields,
        mostRelations: CALLERS,
        limit: MOST_DEPRECATED,
      }),
    ])
    // Who calls several of them is one caller; of those that were not sent only the catalog knows.
    const called = deprecated.items.filter((e) => callers(e) > 0)
    const unsent = called.some((e) => callers(e) > callersSent(e).length)
    const whose = { facets: ['kind'], query: { 'relations.consumesApi': { $in: called.map(refOf) } } }
    const kinds = unsent
      ? (await request<FacetAnswer>(api.facets, { method: 'POST', body: whose, signal })).facets['kind']
      : undefined
    return { total: all.totalItems, deprecated: deprecated.items, deprecatedTotal: deprecated.totalItems, kinds }
  },
})
