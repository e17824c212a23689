import { many } from '../../lib/search-params.ts'

export interface RegisterSearch {
  /** What is looked at, as it was written; one registration each. */
  target?: string[]
  /** There is more than an address should hold: this browser tab keeps it. */
  draft?: 'kept'
}

/** So many are registered in one go. */
export const MOST = 200

/** Longer lists are kept in the tab: proxies and chats cut long addresses. */
const LONGEST = 4_000

export function parseRegisterSearch(search: Record<string, unknown>): RegisterSearch {
  const target = many(search['target']).slice(0, MOST)
  if (target.length > 0) return { target }
  return search['draft'] === 'kept' ? { draft: 'kept' } : {}
}

/** The search of the page that looks at these. */
export function searchOf(targets: string[]): RegisterSearch {
  if (targets.length === 0) return {}
  return targets.join(' ').length <= LONGEST ? { target: targets } : { draft: 'kept' }
}
