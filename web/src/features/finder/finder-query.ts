import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { request } from '../../lib/api.ts'
import type { Entity } from '../../lib/entity.ts'
import { keys } from '../../lib/keys.ts'
import { api } from '../../lib/paths.ts'
import { summarise, type Summary } from '../../lib/summaries.ts'
import { rank } from './rank.ts'

export interface Found {
  hits: Summary[]
  total: number
}

const fields = [
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.title',
  'metadata.description',
  'spec.profile.displayName',
  'spec.type',
  'spec.lifecycle',
  'spec.owner',
  'spec.target',
  'spec.targets',
]
const searched = ['metadata.name', 'metadata.title', 'spec.profile.displayName', 'metadata.description']
const REACH = 60
const NAMED = 20
const SHOWN = 20

/** Entities by a part of their name, title or description; a leading `@` keeps people and teams. Best match first. */
export function finderQuery(typed: string) {
  const people = typed.startsWith('@')
  const words = (people ? typed.slice(1) : typed).toLowerCase().split(/\s+/).filter(Boolean)
  return queryOptions({
    queryKey: keys.finder(typed),
    enabled: words.length > 0,
    queryFn: async ({ signal }): Promise<Found> => {
      const ask = (body: object) =>
        request<{ items: Entity[]; totalItems: number }>(api.query, { method: 'POST', body, signal })
      const answers = await Promise.all(finderBodies(words, people).map(ask))
      const hits = mergeHits(
        answers.map(({ items }) => items.map(summarise)),
        words,
      )
      return { hits: hits.slice(0, SHOWN), total: words.length > 1 ? hits.length : (answers[0]?.totalItems ?? 0) }
    },
    placeholderData: keepPreviousData,
  })
}

/**
 * What the server is asked for. A part of a text is found in the order of the catalog, of which only the first are sent;
 * in a large one the name that was meant may come later. So names and titles that are the whole, and names that begin
 * with it, are asked for by themselves.
 */
export function finderBodies(words: string[], people: boolean): object[] {
  // The server looks for one piece of text: the longest word leaves the fewest, the others are looked for in those.
  const [longest = '', ...others] = [...words].sort((a, b) => b.length - a.length)
  const text = { fullTextFilter: { term: longest, fields: searched } }
  const query = (...conditions: object[]) => {
    const all = people ? [{ kind: { $in: ['user', 'group'] } }, ...conditions] : conditions
    return all.length > 0 ? { query: { $all: all } } : {}
  }
  const byName = { orderBy: [{ field: 'metadata.name', order: 'asc' }], fields, limit: NAMED }
  const is = (field: string) => ({ [field]: { $in: [...new Set([words.join(' '), words.join('-')])] } })
  const begins = (prefixes: string[]) => ({
    $any: [...new Set(prefixes)].slice(0, MOST_PREFIXES).map((word) => ({ 'metadata.name': { $hasPrefix: word } })),
  })
  const bodies = [
    { ...query(), ...text, fields, limit: REACH },
    { ...query({ $any: ['metadata.name', 'metadata.title', 'spec.profile.displayName'].map(is) }), ...byName },
  ]
  if (others.length === 0) return [...bodies, { ...query(begins([longest])), ...byName }]
  const second = { fullTextFilter: { term: others[0], fields: searched } }
  return [
    ...bodies,
    { ...query(begins(others)), ...text, ...byName },
    { ...query(begins([longest])), ...second, ...byName },
  ]
}

/** The server takes 16 in one question. */
const MOST_PREFIXES = 8

/** Each entity once, best match first. */
export function mergeHits(lists: Summary[][], words: string[]): Summary[] {
  return rank([...new Map(lists.flat().map((hit) => [hit.ref, hit])).values()], words)
}
