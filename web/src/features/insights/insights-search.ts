import { one } from '../../lib/search-params.ts'

export const measures = ['repositories', 'ownership', 'docs', 'definitions', 'apis'] as const
export const parts = ['ownership.declared', 'ownership.inferred', 'ownership.verified'] as const

export type Measure = (typeof measures)[number] | (typeof parts)[number]

export interface InsightsSearch {
  /** A team, a system or a domain, or `nobody`; everything when not given. */
  scope?: string | undefined
  /** `no` leaves out the teams below. */
  below?: 'no' | undefined
  weighted?: 'yes' | undefined
  /** The number whose list is open. */
  measure?: Measure | undefined
  /** `counted` is what counts; else the list is what is missing. */
  list?: 'counted' | undefined
}

/** Reads `?scope=group:default/a&measure=docs`; what it does not know is left out. */
export function parseInsightsSearch(raw: Record<string, unknown>): InsightsSearch {
  const measure = one(raw['measure'])
  return {
    scope: one(raw['scope']),
    below: one(raw['below']) === 'no' ? 'no' : undefined,
    weighted: one(raw['weighted']) === 'yes' ? 'yes' : undefined,
    measure: [...measures, ...parts].find((m) => m === measure),
    list: one(raw['list']) === 'counted' ? 'counted' : undefined,
  }
}

/** The parameters of the server's that a search stands for. */
export function asked({ scope, below, weighted }: InsightsSearch): Record<string, string | undefined> {
  return { scope, below: below ? 'false' : undefined, weighted: weighted ? 'true' : undefined }
}
