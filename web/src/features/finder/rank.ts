import { knownKinds } from '../../lib/words.ts'

/** What can be found by its name in this page, without asking. */
export interface Named {
  kind: string
  name: string
  title: string
}

/**
 * Best match first, as the server ranks: the whole name, then its beginning, then the beginning of a word in it, then any
 * part. Ties by kind, then by the shorter name. What lacks one of the words is left out.
 */
export function rank<T extends Named>(all: T[], words: string[]): T[] {
  const kind = ({ kind: k }: Named) => (knownKinds.includes(k) ? knownKinds.indexOf(k) : knownKinds.length)
  return all
    .filter((one) => words.every((word) => score(one, word) > 0))
    .map((one) => ({ one, points: words.reduce((sum, word) => sum + score(one, word), whole(one, words)) }))
    .sort((a, b) => b.points - a.points || kind(a.one) - kind(b.one) || a.one.name.length - b.one.name.length)
    .map(({ one }) => one)
}

/** Somebody who typed all of a name means it, whatever else has its words. */
function whole(one: Named, words: string[]): number {
  const typed = [words.join(' '), words.join('-')]
  return typed.includes(one.name.toLowerCase()) || typed.includes(one.title.toLowerCase()) ? 1_000 : 0
}

function score(one: Named, word: string): number {
  const names = [one.name.toLowerCase(), one.title.toLowerCase()]
  if (names.includes(word)) return 100
  if (names.some((n) => n.startsWith(word))) return 60
  if (names.some((n) => n.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word)))) return 40
  return word.length > 1 && names.some((n) => n.includes(word)) ? 20 : 0
}

/** The parts of a text that the words found, to be marked; each word where it counts most. */
export function marked(text: string, words: string[]): { text: string; hit: boolean }[] {
  const lower = text.toLowerCase()
  // A text whose lower case is longer cannot be cut at the same places.
  if (lower.length !== text.length) return [{ text, hit: false }]
  const hit = new Array<boolean>(text.length).fill(false)
  for (const word of words.filter(Boolean)) {
    const at = placeOf(lower, word)
    if (at >= 0) hit.fill(true, at, at + word.length)
  }
  const parts: { text: string; hit: boolean }[] = []
  for (let i = 0; i < text.length; i++) {
    const last = parts[parts.length - 1]
    const char = text.charAt(i)
    if (last && last.hit === hit[i]) last.text += char
    else parts.push({ text: char, hit: hit[i] ?? false })
  }
  return parts
}

/** Where a word begins in the text, else where it occurs at all. */
function placeOf(text: string, word: string): number {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text.charAt(at - 1))) return at
  }
  return word.length > 1 ? text.indexOf(word) : -1
}
