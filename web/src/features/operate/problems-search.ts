import { one } from '../../lib/search-params.ts'

export const problemTabs = ['errors', 'conflicts', 'missing', 'removed'] as const
export type ProblemTab = (typeof problemTabs)[number]

export interface ProblemsSearch {
  tab?: ProblemTab | undefined
  /** The chosen problem: its id, or the ref where it has none. */
  problem?: string | undefined
  /** A part of the refs under Removed. */
  q?: string | undefined
}

/** Reads `?tab=conflicts&problem=…&q=…`; what it does not know is left out. */
export function parseProblemsSearch(raw: Record<string, unknown>): ProblemsSearch {
  const tab = one(raw['tab'])
  return { tab: problemTabs.find((t) => t === tab), problem: one(raw['problem']), q: one(raw['q']) }
}
