import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import type { Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import type { FacetAnswer } from '../../lib/kinds.ts'
import { api } from '../../lib/paths.ts'
import type { ApisSearch, Grouping } from './apis-search.ts'

export interface ApiGroup {
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

const textFields = ['metadata.name', 'metadata.title', 'metadata.description', 'metadata.tags']

function text({ q }: ApisSearch): object {
  const term = q?.trim()
  return term ? { fullTextFilter: { term, fields: textFields } } : {}
}

const isApi = { kind: 'api' }

/** The groups with how many APIs each has, the largest first and "none" last: all that the page needs to know its own height. */
export function groupsQuery(search: ApisSearch) {
  const path = paths[search.group ?? 'owner']
  const named = { query: isApi, ...text(search), facets: [path] }
  const none = { query: { $all: [isApi, { $not: { [path]: { $exists: true } } }] }, ...text(search), facets: ['kind'] }
  return queryOptions({
    queryKey: keys.facet({ apis: named }),
    queryFn: async ({ signal }): Promise<ApiGroup[]> => {
      const ask = (body: object) => request<FacetAnswer>(api.facets, { method: 'POST', body, signal })
      const [some, absent] = await Promise.all([ask(named), ask(none)])
      const groups: ApiGroup[] = [...(some.facets[path] ?? [])].sort(
        (a, b) => b.count - a.count || a.value.localeCompare(b.value),
      )
      const without = absent.facets['kind']?.reduce((sum, v) => sum + v.count, 0) ?? 0
      return without > 0 ? [...groups, { value: undefined, count: without }] : groups
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

export const PAGE = 50

/** One page of the APIs of a group, with who provides and who calls each. */
export function groupPageQuery(search: ApisSearch, value: string | undefined, page: number) {
  const path = paths[search.group ?? 'owner']
  const within = value === undefined ? { $not: { [path]: { $exists: true } } } : { [path]: value }
  const body = {
    query: { $all: [isApi, within] },
    ...text(search),
    orderBy: [{ field: 'metadata.name', order: 'asc' }],
    fields,
    offset: page * PAGE,
    limit: PAGE,
  }
  return queryOptions({
    queryKey: keys.list(body),
    queryFn: ({ signal }) => request<ListPage>(api.query, { method: 'POST', body, signal }),
  })
}

export const MOST_DEPRECATED = 200

/** How many APIs there are, and those that are deprecated. */
export const deprecatedQuery = queryOptions({
  queryKey: keys.list({ apis: 'deprecated' }),
  queryFn: async ({ signal }) => {
    const ask = (body: object) => request<ListPage>(api.query, { method: 'POST', body, signal })
    const [all, deprecated] = await Promise.all([
      ask({ query: isApi, limit: 0 }),
      ask({
        query: { $all: [isApi, { 'spec.lifecycle': 'deprecated' }] },
        orderBy: [{ field: 'metadata.name', order: 'asc' }],
        fields,
        limit: MOST_DEPRECATED,
      }),
    ])
    return { total: all.totalItems, deprecated: deprecated.items, deprecatedTotal: deprecated.totalItems }
  },
})
