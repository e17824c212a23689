import { relationCount, relationsOf, type Entity } from '../../lib/entity.ts'
import type { FacetValue } from '../../lib/kinds.ts'
import { count, number } from '../../lib/words.ts'

export interface Deprecations {
  total: number
  deprecated: Entity[]
  deprecatedTotal: number
  /** Who calls them, by kind; undefined where all callers are among the relations of those that are here. */
  kinds?: FacetValue[] | undefined
}

/** "138 APIs; 3 are deprecated, and 2 of those are still called by 5 components." */
export function apisSentence({ total, deprecated, deprecatedTotal, kinds }: Deprecations): string {
  const all = count(total, 'API', 'APIs')
  if (deprecatedTotal === 0) return `${all}; none is deprecated.`
  const called = deprecated.filter((e) => callers(e) > 0)
  const are = deprecatedTotal === 1 ? '1 is deprecated' : `${number(deprecatedTotal)} are deprecated`
  if (called.length === 0) {
    // Of more than were looked at, nothing is claimed.
    if (deprecated.length < deprecatedTotal) return `${all}; ${are}.`
    return `${all}; ${are}, and no file that you see names a caller of ${deprecatedTotal === 1 ? 'it' : 'them'}.`
  }
  // Who calls those that were not looked at is not known.
  if (deprecated.length < deprecatedTotal)
    return `${all}; ${are}, and at least ${number(called.length)} of those ${called.length === 1 ? 'is' : 'are'} still called.`
  const still = `still called by ${kinds ? kindsWords(kinds) : whoWords(new Set(called.flatMap(callersSent)))}`
  if (deprecatedTotal === 1) return `${all}; 1 is deprecated, and ${still}.`
  const those =
    called.length === deprecatedTotal
      ? 'all of those are'
      : `${number(called.length)} of those ${called.length === 1 ? 'is' : 'are'}`
  return `${all}; ${are}, and ${those} ${still}.`
}

/** A caller that nobody declared, or that the person may not see, is not known. */
export const UNCALLED = 'No file that you see names a caller.'

/** How many call it, as far as files say. */
export function callers(api: Entity): number {
  return relationCount(api, 'apiConsumedBy')
}

/** Those of them that came with it. */
export function callersSent(api: Entity): string[] {
  return relationsOf(api, 'apiConsumedBy')
}

function whoWords(refs: Set<string>): string {
  return callerWords(
    refs.size,
    [...refs].every((r) => r.startsWith('component:')),
  )
}

function kindsWords(kinds: FacetValue[]): string {
  const n = kinds.reduce((sum, { count }) => sum + count, 0)
  return callerWords(
    n,
    kinds.every(({ value }) => value.toLowerCase() === 'component'),
  )
}

function callerWords(n: number, components: boolean): string {
  return components ? count(n, 'component', 'components') : count(n, 'entity', 'entities')
}

/** Those that somebody still calls come first, the most called of them before the others. */
export function byNeed(apis: Entity[]): Entity[] {
  return [...apis].sort((a, b) => callers(b) - callers(a) || a.metadata.name.localeCompare(b.metadata.name))
}
