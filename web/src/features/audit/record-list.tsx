import { Link } from '@tanstack/react-router'
import { ChevronDown, Cog, Plug, UserRound, type LucideIcon } from 'lucide-react'
import { useId, useState } from 'react'
import type { AuditRecord } from '../../lib/audit.ts'
import { clock, dayHeading, exact } from '../../lib/format.ts'
import { useNow } from '../../lib/now.ts'
import { page } from '../../lib/paths.ts'
import { useMention } from '../../lib/summaries.ts'
import { number } from '../../lib/words.ts'
import { Icon } from '../../ui/icon.tsx'
import { Monogram } from '../../ui/owner.tsx'
import { Section } from '../../ui/section.tsx'
import { Status } from '../../ui/status.tsx'
import type { AuditSearch } from './audit-search.ts'
import { isPerson } from './audit-words.ts'
import { byDay, clockSpan, runsOf, secondsClock } from './record-runs.ts'
import { Sentence } from './sentence.tsx'
import css from './audit.module.css'

/** The records by day; each is a link to itself as opened. */
export function RecordList({ records, search }: { records: AuditRecord[]; search: AuditSearch }) {
  const now = useNow()
  return byDay(records).map((some) => {
    const first = some[0]
    return (
      first && (
        <Section key={first.seq} title={dayHeading(new Date(first.at), now)}>
          <ol className={css['records']}>
            {runsOf(some).map((run) => {
              const [newest, ...older] = run
              if (!newest) return null
              // Of the oldest: more of the same come at the other end, and what is open stays open.
              const key = run.at(-1)?.seq
              return older.length > 0 ? (
                <Run key={key} run={run} newest={newest} search={search} />
              ) : (
                <RecordLine key={key} record={newest} search={search} />
              )
            })}
          </ol>
        </Section>
      )
    )
  })
}

function RecordLine({ record, search }: { record: AuditRecord; search: AuditSearch }) {
  const open = search.record === String(record.seq)
  const at = new Date(record.at)
  const denied = record.outcome === 'denied'
  return (
    <li className={open ? css['open'] : undefined}>
      <Link
        to={page.audit}
        search={{ ...search, record: String(record.seq) }}
        replace
        resetScroll={false}
        activeProps={{}}
        aria-current={undefined}
        aria-haspopup="dialog"
        className={css['line']}
      >
        <time className={css['time']} dateTime={record.at} title={exact(at)}>
          {secondsClock(at)}
        </time>
        <span className={css['shape']}>{denied && <Status shape="bad" label="Refused" />}</span>
        <Face record={record} />
        <Sentence record={record} />
        <span className={`${css['action'] ?? ''} small mono cut`}>{record.action}</span>
        <span className={`${css['from'] ?? ''} small num cut`}>{record.address}</span>
      </Link>
    </li>
  )
}

/** The same by the same, one after another: one line, which opens to all of them. */
function Run({ run, newest, search }: { run: AuditRecord[]; newest: AuditRecord; search: AuditSearch }) {
  const [open, setOpen] = useState(false)
  const id = useId()
  const addresses = new Set(run.map(({ address }) => address))
  return (
    <li className={css['run']}>
      <button
        type="button"
        className={css['line']}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => {
          setOpen(!open)
        }}
      >
        <span className={css['time']}>{clockSpan(run, clock)}</span>
        <span className={css['shape']}>
          <Icon of={ChevronDown} size={14} />
        </span>
        <Face record={newest} />
        <span>
          <Sentence record={newest} /> <span className="quiet">· {number(run.length)} times</span>
        </span>
        <span className={`${css['action'] ?? ''} small mono cut`}>{newest.action}</span>
        <span className={`${css['from'] ?? ''} small num cut`}>
          {addresses.size === 1 ? newest.address : `${number(addresses.size)} addresses`}
        </span>
      </button>
      <ol id={id} hidden={!open}>
        {open && run.map((record) => <RecordLine key={record.seq} record={record} search={search} />)}
      </ol>
    </li>
  )
}

/** A circle with letters for a person, a sign for what is none. Beside it stands the name. */
function Face({ record }: { record: AuditRecord }) {
  if (isPerson(record)) return <PersonFace entityRef={record.actor} />
  return (
    <span className={css['face']}>
      <Icon of={signOf(record)} size={14} />
    </span>
  )
}

function PersonFace({ entityRef }: { entityRef: string }) {
  return <Monogram title={useMention(entityRef).title} person />
}

function signOf({ actor, principal }: AuditRecord): LucideIcon {
  if (principal === 'service') return Plug
  return /^(system|operator):/.test(actor) ? Cog : UserRound
}
