import { one } from '../../lib/search-params.ts'

/** What the overview of a team or a person shows. */
export interface OverviewSearch {
  /** Also what the teams below own; of a person, what their teams own. */
  owns?: 'teams'
  /** Of one kind. */
  kind?: string
  /** Also the people of the teams below. */
  members?: 'teams'
}

export function parseOverviewSearch(search: Record<string, unknown>): OverviewSearch {
  const kind = one(search['kind'])?.toLowerCase()
  return {
    ...(search['owns'] === 'teams' ? { owns: 'teams' as const } : {}),
    ...(kind === undefined ? {} : { kind }),
    ...(search['members'] === 'teams' ? { members: 'teams' as const } : {}),
  }
}
