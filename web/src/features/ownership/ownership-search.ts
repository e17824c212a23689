import { one } from '../../lib/search-params.ts'

export const ownershipTabs = ['inbox', 'findings', 'names'] as const
export type OwnershipTab = (typeof ownershipTabs)[number]

export const findingKinds = ['unknown', 'absent', 'gone', 'empty', 'disputed', 'person'] as const
export type FindingKind = (typeof findingKinds)[number]

export interface OwnershipSearch {
  tab?: OwnershipTab | undefined
  /** What waits for everybody, and not for me alone. */
  scope?: 'all' | undefined
  /** Whose inbox, or whose findings. */
  owner?: string | undefined
  kind?: FindingKind | undefined
  system?: string | undefined
  /** Of which another name is to be told. */
  team?: string | undefined
}

/** Reads `?tab=findings&kind=absent`; what it does not know is left out. */
export function parseOwnershipSearch(raw: Record<string, unknown>): OwnershipSearch {
  const [tab, kind] = [one(raw['tab']), one(raw['kind'])]
  return {
    tab: ownershipTabs.find((t) => t === tab),
    scope: one(raw['scope']) === 'all' ? 'all' : undefined,
    owner: one(raw['owner']),
    kind: findingKinds.find((k) => k === kind),
    system: one(raw['system']),
    team: one(raw['team']),
  }
}
