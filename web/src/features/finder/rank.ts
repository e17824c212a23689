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
    .map((one) => ({ one, points: points(one, words) }))
    .filter((scored) => scored.points >= 0)
    .sort((a, b) => b.points - a.points || kind(a.one) - kind(b.one) || a.one.name.length - b.one.name.length)
    .map(({ one }) => one)
}

const MIXED = 30
const ALL = 1_000

/** What the words are worth; below 0 where one of them does not occur. All in one name are worth more than some in each. */
function points(one: Named, words: string[]): number {
  const names = [one.name.toLowerCase(), one.title.toLowerCase()]
  const worths = words.map((word) => names.map((name) => worth(name, word)))
  if (worths.some((each) => Math.max(...each) === 0)) return -1
  const sum = (at: (each: number[]) => number) => worths.reduce((total, each) => total + at(each), 0)
  const alone = names.map((_, i) => (worths.every((each) => (each[i] ?? 0) > 0) ? sum((each) => each[i] ?? 0) : 0))
  const mixed = sum((each) => Math.max(...each)) - (words.length > 1 ? MIXED : 0)
  // Somebody who typed all of a name means it, whatever else has its words.
  return Math.max(0, mixed, ...alone) + (whole(one, words) ? ALL : 0)
}

/** Whether the words are all of its name. */
export function whole(one: Named, words: string[]): boolean {
  const typed = [' ', '-', '_', '.'].map((between) => words.join(between))
  return typed.includes(one.name.toLowerCase()) || typed.includes(one.title.toLowerCase())
}

function worth(name: string, word: string): number {
  if (name === word) return 100
  if (name.startsWith(word)) return 60
  if (name.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word))) return 40
  return word.length > 1 && name.includes(word) ? 20 : 0
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
