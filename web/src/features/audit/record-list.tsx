import { Link } from '@tanstack/react-router'
import type { AuditRecord } from '../../lib/audit.ts'
import { clock, dayHeading, exact, locationTarget } from '../../lib/format.ts'
import { useNow } from '../../lib/now.ts'
import { page } from '../../lib/paths.ts'
import { Section } from '../../ui/section.tsx'
import { Status } from '../../ui/status.tsx'
import type { AuditSearch } from './audit-search.ts'
import { reasonWords, told } from './audit-words.ts'
import { RecordDetail } from './record-detail.tsx'
import css from './audit.module.css'

/** The records by day; each opens below its line, and is a link to itself as opened. */
export function RecordList({ records, search }: { records: AuditRecord[]; search: AuditSearch }) {
  const now = useNow()
  return byDay(records).map((some) => {
    const first = some[0]
    return (
      first && (
        <Section key={first.seq} title={dayHeading(new Date(first.at), now)}>
          <ol className={css['records']}>
            {some.map((record) => (
              <RecordLine key={record.seq} record={record} search={search} />
            ))}
          </ol>
        </Section>
      )
    )
  })
}

export function RecordLine({ record, search }: { record: AuditRecord; search: AuditSearch }) {
  const open = search.record === String(record.seq)
  const { who, what, on } = told(record)
  const at = new Date(record.at)
  const why = record.outcome === 'denied' ? reasonWords(record) : ''
  return (
    <li className={open ? css['open'] : undefined}>
      <Link
        to={page.audit}
        search={{ ...search, record: open ? undefined : String(record.seq) }}
        replace
        resetScroll={false}
        activeProps={{}}
        aria-current={undefined}
        aria-expanded={open}
        className={css['line']}
      >
        <Status
          shape={record.outcome === 'denied' ? 'bad' : 'ok'}
          label={record.outcome === 'denied' ? 'Denied' : 'Allowed'}
        />
        <span className={css['said']}>
          <b>{who}</b> {what} {on && <span className={css['on']}>{locationTarget(on)}</span>}
          {why && <span className="quiet small"> · {why}</span>}
        </span>
        <span className={`${css['wide'] ?? ''} small mono cut`}>{record.action}</span>
        <span className={`${css['wide'] ?? ''} small mono cut`}>{record.address}</span>
        <time className="quiet small num" dateTime={record.at} title={exact(at)}>
          {clock(at)}
        </time>
      </Link>
      {open && <RecordDetail record={record} search={search} />}
    </li>
  )
}

function byDay(records: AuditRecord[]): AuditRecord[][] {
  const days: AuditRecord[][] = []
  for (const record of records) {
    const last = days.at(-1)
    const same = last?.[0] && new Date(last[0].at).toDateString() === new Date(record.at).toDateString()
    if (last && same) last.push(record)
    else days.push([record])
  }
  return days
}
