import type { Summary } from '../../lib/summaries.ts'
import { knownKinds } from '../../lib/words.ts'

/**
 * Best match first: the whole name, then its beginning, then the beginning of a word in it, then any part, then the
 * description alone. Ties by kind, then by the shorter name. Entities that lack one of the words are left out.
 */
export function rank(hits: Summary[], words: string[]): Summary[] {
  const scored = hits
    .map((hit) => ({ hit, points: words.reduce((sum, word) => sum + score(hit, word), whole(hit, words)) }))
    .filter(({ hit }) => words.every((word) => score(hit, word) > 0))
  const kind = (s: Summary) => (knownKinds.includes(s.kind) ? knownKinds.indexOf(s.kind) : knownKinds.length)
  return scored
    .sort((a, b) => b.points - a.points || kind(a.hit) - kind(b.hit) || a.hit.title.length - b.hit.title.length)
    .map(({ hit }) => hit)
}

/** Somebody who typed all of a name means it, whatever else has its words. */
function whole(hit: Summary, words: string[]): number {
  const typed = [words.join(' '), words.join('-')]
  return typed.includes(hit.name.toLowerCase()) || typed.includes(hit.title.toLowerCase()) ? 1_000 : 0
}

function score(hit: Summary, word: string): number {
  const names = [hit.name.toLowerCase(), hit.title.toLowerCase()]
  if (names.includes(word)) return 100
  if (names.some((n) => n.startsWith(word))) return 60
  if (names.some((n) => n.split(/[\s._-]+/).some((part) => part.startsWith(word)))) return 40
  if (names.some((n) => n.includes(word))) return 20
  return hit.description?.toLowerCase().includes(word) ? 5 : 0
}

/** The parts of a text that the words found, to be marked. */
export function marked(text: string, words: string[]): { text: string; hit: boolean }[] {
  const known = words.filter(Boolean).map((w) => w.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  if (known.length === 0) return [{ text, hit: false }]
  return text
    .split(new RegExp(`(${known.join('|')})`, 'i'))
    .filter((part) => part !== '')
    .map((part) => ({ text: part, hit: words.includes(part.toLowerCase()) }))
}
