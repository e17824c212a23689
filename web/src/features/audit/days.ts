import { day } from '../../lib/format.ts'

/** What narrows by time: days as `2026-11-28`, both included. */
export interface Range {
  from?: string | undefined
  to?: string | undefined
}

/** A day as the address has it. */
function isoDay(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

function dateOf(iso: string): Date {
  const [year = 0, month = 1, date = 1] = iso.split('-').map(Number)
  return new Date(year, month - 1, date)
}

export interface Choice {
  words: string
  range: Range
}

/** The ranges that are one press away. They are days, so that a link to one shows the same tomorrow. */
export function rangeChoices(now: Date): Choice[] {
  const since = (days: number) => ({
    from: isoDay(new Date(now.getFullYear(), now.getMonth(), now.getDate() - days)),
    to: undefined,
  })
  return [
    { words: 'Any time', range: { from: undefined, to: undefined } },
    { words: 'Today', range: since(0) },
    { words: 'Last 7 days', range: since(6) },
    { words: 'Last 30 days', range: since(29) },
  ]
}

export function sameRange(a: Range, b: Range): boolean {
  return a.from === b.from && a.to === b.to
}

/** A range as the field says it: "Last 7 days", "3 November to 5 November", "Until 5 November 2025". */
export function rangeWords(range: Range, now: Date): string {
  const known = rangeChoices(now).find((choice) => sameRange(choice.range, range))
  if (known) return known.words
  const [from, to] = [range.from, range.to].map((iso) => iso && dayWords(iso, now))
  if (from === to) return from ?? ''
  if (!from) return `Until ${to ?? ''}`
  return to ? `${from} to ${to}` : `Since ${from}`
}

/** A day as a field shows it: as the rest of the page writes days. */
export function dayWords(iso: string, now: Date): string {
  return day(dateOf(iso), now)
}

const months = 'january february march april may june july august september october november december'.split(' ')

/** Reads "28 November 2026", "28 Nov", "28.11.2026" or "2026-11-28"; undefined where it is no day. Without a year it is the last such day. */
export function readDay(text: string, now: Date): string | undefined {
  const clean = text.trim().toLowerCase().replace(/,/g, '')
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(clean)
  if (iso) return valid(Number(iso[1]), Number(iso[2]), Number(iso[3]))
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(clean)
  if (dotted) return valid(Number(dotted[3]), Number(dotted[2]), Number(dotted[1]))
  const words = /^(\d{1,2}) ([a-z]{3,9})\.?(?: (\d{4}))?$/.exec(clean)
  if (!words) return undefined
  const month = months.findIndex((name) => name.startsWith(words[2] ?? '')) + 1
  const date = Number(words[1])
  if (month === 0) return undefined
  if (words[3]) return valid(Number(words[3]), month, date)
  const here = valid(now.getFullYear(), month, date)
  return here && here <= isoDay(now) ? here : valid(now.getFullYear() - 1, month, date)
}

function valid(year: number, month: number, date: number): string | undefined {
  const at = new Date(year, month - 1, date)
  return year >= 1970 && at.getMonth() === month - 1 && at.getDate() === date ? isoDay(at) : undefined
}
