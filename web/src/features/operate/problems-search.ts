import { one } from '../../lib/search-params.ts'

export const problemTabs = ['errors', 'conflicts', 'missing', 'removed'] as const
export type ProblemTab = (typeof problemTabs)[number]

export interface ProblemsSearch {
  tab?: ProblemTab | undefined
  /** The chosen problem: its id, or the ref where it has none. */
  problem?: string | undefined
}

/** Reads `?tab=conflicts&problem=…`; what it does not know is left out. */
export function parseProblemsSearch(raw: Record<string, unknown>): ProblemsSearch {
  const tab = one(raw['tab'])
  return { tab: problemTabs.find((t) => t === tab), problem: one(raw['problem']) }
}
