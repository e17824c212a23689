import { queryOptions } from '@tanstack/react-query'
import { request, withQuery } from './api.ts'
import { parseRef, refOf, type Entity } from './entity.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'

const MOST = 5

const FOUND = 20

/** Refs of entities whose names share a part with this one, nearest first. For pages of things that are not there. */
export function nearQuery(ref: string) {
  return queryOptions({
    queryKey: [...keys.lists, 'near', ref],
    queryFn: async ({ signal }) => {
      const { name } = parseRef(ref)
      const find = (q: string) => request<{ items: Entity[] }>(withQuery(api.find, { q, limit: FOUND }), { signal })
      const ask = (body: object) => request<{ items: Entity[] }>(api.query, { method: 'POST', body, signal })
      const answers = await Promise.all([...nameParts(name).map(find), ...beginBodies(name).map(ask)])
      return nearest(
        ref,
        answers.map(({ items }) => items.map(refOf)),
      )
    },
  })
}

/**
 * What the server is asked for beside the names in which a part occurs: those that begin as one does. Slips are rare at the
 * beginning of a word, so a half is enough.
 */
export function beginBodies(name: string): object[] {
  return nameParts(name).map((part) => ({
    query: { 'metadata.name': { $hasPrefix: part.slice(0, Math.max(3, Math.ceil(part.length / 2))).toLowerCase() } },
    orderBy: [{ field: 'metadata.name', order: 'asc' }],
    fields: ['kind', 'metadata'],
    limit: FOUND,
  }))
}

/** The refs that came up most often, of them those of the same kind, then those that begin alike. */
export function nearest(ref: string, lists: string[][]): string[] {
  const { kind, name } = parseRef(ref)
  const points = new Map<string, number>()
  for (const found of lists.flat()) points.set(found, (points.get(found) ?? 0) + 1)
  for (const [found, times] of points) {
    const other = parseRef(found)
    const alike = sharedStart(other.name, name) / Math.max(other.name.length, name.length)
    points.set(found, times + (other.kind === kind ? 1 : 0) + 4 * alike)
  }
  return [...points]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST)
    .map(([near]) => near)
}

function sharedStart(a: string, b: string): number {
  let n = 0
  while (n < a.length && a[n] === b[n]) n++
  return n
}

/** The words of a name that are long enough to look for: the whole, then its parts. */
export function nameParts(name: string): string[] {
  const parts = name.split(/[-_.\s]+/).filter((p) => p.length >= 3)
  return [...new Set([name, ...parts])].slice(0, 4)
}
