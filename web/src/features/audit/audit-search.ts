import { one } from '../../lib/search-params.ts'

export interface AuditSearch {
  actor?: string | undefined
  action?: string | undefined
  target?: string | undefined
  outcome?: 'allowed' | 'denied' | undefined
  /** Days as `2026-11-28`, in the zone of whoever looks; both are included. */
  from?: string | undefined
  to?: string | undefined
  /** The number of the record that is open. */
  record?: string | undefined
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Reads the filters and the open record from the URL; what it does not know is left out. */
export function parseAuditSearch(raw: Record<string, unknown>): AuditSearch {
  const outcome = one(raw['outcome'])
  const day = (key: string) => {
    const text = one(raw[key])
    return text && DAY.test(text) && !Number.isNaN(startOf(text).getTime()) ? text : undefined
  }
  return {
    actor: one(raw['actor']),
    action: one(raw['action']),
    target: one(raw['target']),
    outcome: outcome === 'allowed' || outcome === 'denied' ? outcome : undefined,
    from: day('from'),
    to: day('to'),
    record: one(raw['record']),
  }
}

function startOf(day: string, more = 0): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + more)
}

/** The filters as the API takes them: a day ends where the next one begins. */
export function auditQueryOf({ from, to, actor, action, target, outcome }: AuditSearch) {
  return {
    actor,
    action,
    target,
    outcome,
    since: from && startOf(from).toISOString(),
    until: to && startOf(to, 1).toISOString(),
  }
}

/** How many filters narrow the list. */
export function narrowing(search: AuditSearch): number {
  return Object.values(auditQueryOf(search)).filter(Boolean).length
}

export function narrowed(search: AuditSearch): boolean {
  return narrowing(search) > 0
}
