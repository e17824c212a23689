import { queryOptions } from '@tanstack/react-query'
import { request } from './api.ts'
import { parseRef, refOf, type Entity } from './entity.ts'
import { keys } from './keys.ts'
import { api } from './paths.ts'

const MOST = 5

/** Refs of entities whose names share a part with this one, same kind first. For pages of things that are not there. */
export function nearQuery(ref: string) {
  return queryOptions({
    queryKey: [...keys.lists, 'near', ref],
    queryFn: async ({ signal }) => {
      const { kind, name } = parseRef(ref)
      const found = new Map<string, number>()
      for (const term of nameParts(name)) {
        const body = {
          fullTextFilter: { term, fields: ['metadata.name', 'metadata.title'] },
          fields: ['kind', 'metadata'],
          limit: 20,
        }
        const { items } = await request<{ items: Entity[] }>(api.query, { method: 'POST', body, signal })
        for (const entity of items) {
          const points = 1 + (entity.kind.toLowerCase() === kind ? 1 : 0)
          found.set(refOf(entity), (found.get(refOf(entity)) ?? 0) + points)
        }
      }
      return [...found]
        .sort((a, b) => b[1] - a[1])
        .slice(0, MOST)
        .map(([near]) => near)
    },
  })
}

/** The words of a name that are long enough to look for: the whole, then its parts. */
export function nameParts(name: string): string[] {
  const parts = name.split(/[-_.\s]+/).filter((p) => p.length >= 3)
  return [...new Set([name, ...parts])].slice(0, 4)
}
