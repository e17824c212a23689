import type { AuditRecord } from '../../lib/audit.ts'
import { told } from './audit-words.ts'

/** So many of the same are one line. */
const FOLDED = 3

export function byDay(records: AuditRecord[]): AuditRecord[][] {
  return split(records, (one, other) => new Date(one.at).toDateString() === new Date(other.at).toDateString())
}

/** The same by the same, one right after another; what was refused is never folded away. */
export function runsOf(records: AuditRecord[]): AuditRecord[][] {
  return split(records, same).flatMap((run) => (run.length < FOLDED ? run.map((record) => [record]) : [run]))
}

function same(one: AuditRecord, other: AuditRecord): boolean {
  return (
    one.outcome === 'allowed' &&
    other.outcome === 'allowed' &&
    one.actor === other.actor &&
    one.action === other.action &&
    one.target === other.target &&
    told(one).what === told(other).what
  )
}

function split(records: AuditRecord[], together: (one: AuditRecord, other: AuditRecord) => boolean): AuditRecord[][] {
  const parts: AuditRecord[][] = []
  for (const record of records) {
    const last = parts.at(-1)
    if (last?.[0] && together(last[0], record)) last.push(record)
    else parts.push([record])
  }
  return parts
}

/** "15:32:07": records of one minute are told apart. */
export function secondsClock(at: Date): string {
  return at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

/** From the oldest to the newest: "15:32–15:40", or the minute where it was one. */
export function clockSpan(run: AuditRecord[], clock: (at: Date) => string): string {
  const [first, last] = [run.at(-1), run[0]].map((record) => clock(new Date(record?.at ?? 0)))
  return first === last ? (first ?? '') : `${first ?? ''}–${last ?? ''}`
}
