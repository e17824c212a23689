/** The rows that a brief of a definition lists, with the way to all of them, at most. */
export const FIRST = 8

/** So many characters say enough: what has more is longer than a brief. */
const LOOKED = 200_000

/** What makes a row in each language, wherever it stands in a line. */
const marks: [language: RegExp, row: RegExp][] = [
  [
    /(^|[\s{,])["']?(openapi|swagger)["']?\s*:/,
    /(^|[\s{,])["']?(get|put|post|delete|options|head|patch|trace)["']?\s*:/g,
  ],
  [/(^|[\s{,])["']?asyncapi["']?\s*:/, /(^|[\s{,])["']?(publish|subscribe|action)["']?\s*:/g],
  [/(^|\s)syntax\s*=|(^|\s)service\s+\w+\s*\{/, /(^|\s)rpc\s+\w/g],
  [/(^|\s)type\s+(Query|Mutation|Subscription)\b/, /(^|\n)[ \t]+\w+(\([^)]*\))?\s*:/g],
]

/**
 * About how many rows the brief of a definition has, before it is read: bones of that many stand where it comes, so that
 * nothing below it jumps. Two, where it will show as text.
 */
export function briefRows(text: string): number {
  const begin = text.slice(0, LOOKED)
  const row = marks.find(([language]) => language.test(begin))?.[1]
  const rows = row ? [...begin.matchAll(row)].length : 0
  return rows === 0 ? 2 : Math.min(rows, FIRST + 1)
}
