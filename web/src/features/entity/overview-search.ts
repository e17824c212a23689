import { one } from '../../lib/search-params.ts'

/** What the overview of a team or a person shows. */
export interface OverviewSearch {
  /** Also what the teams below own, or of a person, what their teams own; or alone what is their own. */
  owns?: 'teams' | 'own'
  /** Of one kind. */
  kind?: string
  /** Also the people of the teams below. */
  members?: 'teams'
}

export function parseOverviewSearch(search: Record<string, unknown>): OverviewSearch {
  const owns = one(search['owns'])
  const kind = one(search['kind'])?.toLowerCase()
  return {
    ...(owns === 'teams' || owns === 'own' ? { owns } : {}),
    ...(kind === undefined ? {} : { kind }),
    ...(search['members'] === 'teams' ? { members: 'teams' as const } : {}),
  }
}
