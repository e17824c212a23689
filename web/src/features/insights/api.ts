import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request, withQuery } from '../../lib/api.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import { asked, type InsightsSearch, type Measure } from './insights-search.ts'

export interface Share {
  numerator: number
  denominator: number
}

export interface Measured extends Share {
  measure: Measure
  state: 'measured' | 'unknown' | 'withheld'
  why?: string
  remedy?: string
  asOf?: string
  parts?: Measured[]
  providers?: Provider[]
  /** Repositories of which nobody knows whether they are active. */
  unknown?: number
}

export interface Provider {
  provider: string
  active: number
  linked: number
  unknown: number
  asOf: string | null
}

export interface Coverage {
  revision: number
  at: string
  scope: string
  /** Nothing is hidden from the person, so they may see the history. */
  whole: boolean
  /** The scope is a team. */
  team: boolean
  entities: number
  measures: Measured[]
}

export interface TeamRow {
  /** Empty for what no team owns. */
  ref: string
  title?: string
  shares: Partial<Record<Measure, Share>>
  gaps: number
  ofAll: number
}

export interface Teams {
  total: number
  gaps: number
  items: TeamRow[]
}

export interface Point extends Share {
  day: string
}

export interface Reason {
  code: string
  says: string
  remedy?: string
  ref?: string
}

export interface Gap {
  ref: string
  weight: number
  reason: Reason
}

export interface Repository {
  provider: string
  id: string
  name: string
  url: string
  pushedAt: string
  reason: Reason
}

export interface GapPage {
  total?: number
  items?: Gap[]
  repositories?: Repository[]
  nextCursor: string | null
}

// The portal measures again when the catalog changes: what is shown is at most this old.
const staleTime = 30_000

export function coverageQuery(search: InsightsSearch) {
  const ask = asked(search)
  return queryOptions({
    queryKey: keys.coverage('all', ask),
    queryFn: ({ signal }) => request<Coverage>(withQuery(api.coverage, ask), { signal }),
    staleTime,
    placeholderData: keepPreviousData,
  })
}

export function teamsQuery({ weighted }: InsightsSearch) {
  const ask = asked({ weighted })
  return queryOptions({
    queryKey: keys.coverage('teams', ask),
    queryFn: ({ signal }) => request<Teams>(withQuery(api.coverageTeams, ask), { signal }),
    staleTime,
    placeholderData: keepPreviousData,
  })
}

export function trendQuery(measure: Measure, { scope, weighted }: InsightsSearch) {
  const ask = { ...asked({ scope, weighted }), measure, days: 90 }
  return queryOptions({
    queryKey: keys.coverage('trend', ask),
    queryFn: async ({ signal }) => {
      const { points } = await request<{ points: Point[] }>(withQuery(api.coverageTrend, ask), { signal })
      return points
    },
    staleTime: 10 * 60_000,
  })
}

const SOME = 50

export function gapsQuery(search: InsightsSearch, measure: Measure) {
  const { scope, below } = asked(search)
  const ask = { scope, below: scope ? below : undefined, measure, list: search.list ?? 'missing', limit: SOME }
  return infiniteQueryOptions({
    queryKey: keys.coverage('gaps', ask),
    queryFn: ({ signal, pageParam }) =>
      request<GapPage>(withQuery(api.coverageGaps, { ...ask, cursor: pageParam ?? undefined }), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    staleTime,
  })
}
