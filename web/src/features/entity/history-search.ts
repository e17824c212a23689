import { one } from '../../lib/search-params.ts'

/** Which changes are listed. */
export interface Narrow {
  /** Only changes of this field, or of what is below it. */
  field?: string
  /** Only those of this person, or part of the portal. */
  by?: string
  /** None after this day, as `2026-03-01`. */
  until?: string
}

export interface HistorySearch extends Narrow {
  /** Two revisions that are compared; without `to` it is now. */
  from?: number
  to?: number
  view?: 'unified'
}

export function parseHistorySearch(search: Record<string, unknown>): HistorySearch {
  const from = revision(search['from'])
  const to = revision(search['to'])
  const [field, by, until] = [one(search['field']), one(search['by']), one(search['until'])]
  return {
    ...(from === undefined ? {} : { from }),
    ...(from === undefined || to === undefined ? {} : { to }),
    ...(field === undefined ? {} : { field }),
    ...(by === undefined ? {} : { by }),
    ...(until === undefined || endOf(until) === undefined ? {} : { until }),
    ...(search['view'] === 'unified' ? { view: 'unified' as const } : {}),
  }
}

/** What of a search says which changes are listed. */
export function narrowOf({ field, by, until }: HistorySearch): Narrow {
  return {
    ...(field === undefined ? {} : { field }),
    ...(by === undefined ? {} : { by }),
    ...(until === undefined ? {} : { until }),
  }
}

/** The end of a day where the person is, as the server reads it; undefined for what is no day. */
export function endOf(day: string): string | undefined {
  const [, y, m, d] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day)?.map(Number) ?? []
  if (y === undefined || m === undefined || d === undefined) return undefined
  const at = new Date(y, m - 1, d, 23, 59, 59, 999)
  return at.getMonth() === m - 1 && at.getDate() === d ? at.toISOString() : undefined
}

/** A number or its digits: the address has text, a link of the page a number. */
function revision(value: unknown): number | undefined {
  const digits = typeof value === 'number' ? String(value) : one(value)
  return digits !== undefined && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined
}
