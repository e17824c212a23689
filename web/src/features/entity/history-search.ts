import { one } from '../../lib/search-params.ts'

export interface HistorySearch {
  /** Two revisions that are compared; without `to` it is now. */
  from?: number
  to?: number
  view?: 'unified'
  /** Only changes of this field, or of what is below it. */
  field?: string
}

export function parseHistorySearch(search: Record<string, unknown>): HistorySearch {
  const from = revision(search['from'])
  const to = revision(search['to'])
  return {
    ...(from === undefined ? {} : { from }),
    ...(from === undefined || to === undefined ? {} : { to }),
    ...(one(search['field']) === undefined ? {} : { field: one(search['field']) ?? '' }),
    ...(search['view'] === 'unified' ? { view: 'unified' as const } : {}),
  }
}

/** A number or its digits: the address has text, a link of the page a number. */
function revision(value: unknown): number | undefined {
  const digits = typeof value === 'number' ? String(value) : one(value)
  return digits !== undefined && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined
}
