import { queryOptions } from '@tanstack/react-query'
import { useCallback } from 'react'
import { request } from './api.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'
import { getSetting, setSetting, useSetting, type Setting } from './settings.ts'

/** Where Backstage keeps them, too. */
export const starred: Setting<string[]> = {
  bucket: 'default.starredEntities',
  key: 'entityRefs',
  words: 'The star',
  fallback: [],
  parse: (value) =>
    Array.isArray(value)
      ? [...new Set(value.filter((ref) => typeof ref === 'string').map((ref) => ref.toLowerCase()))]
      : undefined,
}

const sets = new WeakMap<string[], ReadonlySet<string>>()

/** The refs that the person starred, in the order in which they did; in lower case. */
export function useStars(): ReadonlySet<string> {
  const [refs] = useSetting(starred)
  let set = sets.get(refs)
  if (!set) {
    set = new Set(refs)
    sets.set(refs, set)
  }
  return set
}

/** The same, the newest first: the order in which they are listed. */
export function useNewestStars(): string[] {
  return [...useStars()].reverse()
}

export function isStarred(ref: string): boolean {
  return getSetting(starred).includes(ref.toLowerCase())
}

/** `at` is the place among the others that it had; without one it is the newest. */
export function star(ref: string, on: boolean, at?: number): void {
  const one = ref.toLowerCase()
  setSetting(starred, (refs) => {
    if (refs.includes(one) === on) return refs
    return on ? refs.toSpliced(at ?? refs.length, 0, one) : refs.filter((other) => other !== one)
  })
}

/** Stars an entity, or takes its star back. */
export function useToggleStar(): (ref: string) => void {
  return useCallback((ref: string) => {
    star(ref, !isStarred(ref))
  }, [])
}

/** How many people starred an entity, and whether the person who asked was one of them. */
export function starCountQuery(ref: string) {
  return queryOptions({
    queryKey: keys.starCount(ref),
    queryFn: ({ signal }) => request<{ people: number; mine: boolean }>(api.starCount(ref), { signal }),
    staleTime: 60_000,
  })
}
