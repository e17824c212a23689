import { one } from '../../lib/search-params.ts'

export const problemTabs = ['errors', 'conflicts', 'missing', 'removed'] as const
export type ProblemTab = (typeof problemTabs)[number]

export interface ProblemsSearch {
  tab?: ProblemTab | undefined
  /** The chosen problem: its id, or the ref where it has none. */
  problem?: string | undefined
  /** A part of the refs under Removed. */
  q?: string | undefined
  /** The account whose repositories are shown: its provider's id; which of them, and a part of their names. */
  account?: string | undefined
  repositories?: RepositoriesShown | undefined
  rq?: string | undefined
}

const repositoriesShown = ['all', 'read', 'waiting', 'leftOut', 'failed'] as const
export type RepositoriesShown = (typeof repositoriesShown)[number]

/** Reads `?tab=conflicts&problem=…&q=…`; what it does not know is left out. */
export function parseProblemsSearch(raw: Record<string, unknown>): ProblemsSearch {
  const tab = one(raw['tab'])
  const shown = one(raw['repositories'])
  return {
    tab: problemTabs.find((t) => t === tab),
    problem: one(raw['problem']),
    q: one(raw['q']),
    account: one(raw['account']),
    repositories: repositoriesShown.find((s) => s === shown),
    rq: one(raw['rq']),
  }
}
