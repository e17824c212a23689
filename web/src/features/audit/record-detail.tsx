import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AuditRecord } from '../../lib/audit.ts'
import { exact } from '../../lib/format.ts'
import { page } from '../../lib/paths.ts'
import { sentence } from '../../lib/words.ts'
import type { AuditSearch } from './audit-search.ts'
import { entityOf, tokenWords, valueWords } from './audit-words.ts'
import css from './audit.module.css'

/** Everything that a record says. */
export function RecordDetail({ record, search }: { record: AuditRecord; search: AuditSearch }) {
  const { detail } = record
  const token = tokenWords(record)
  const rest = Object.entries(detail).filter(([key]) => key !== 'before' && !(key === 'token' && token))
  const entity = entityOf(record.target)
  const changed = 'before' in detail
  return (
    <div className={css['detail']}>
      <dl>
        <Fact name="Who">
          <Narrow search={search} by={{ actor: record.actor }} what={`Only what ${record.actor} did`}>
            {record.actor}
          </Narrow>
          {record.principal && <span className="quiet"> · {record.principal}</span>}
        </Fact>
        {token && <Fact name="By the token">{token}</Fact>}
        <Fact name="Action">
          <Narrow search={search} by={{ action: record.action }} what={`Only ${record.action}`}>
            {record.action}
          </Narrow>
        </Fact>
        {changed && <Fact name="Before">{valueWords(detail['before'])}</Fact>}
        {record.target && (
          <Fact name={changed ? 'After' : 'On'}>
            <Narrow search={search} by={{ target: record.target }} what={`Only what was done to ${record.target}`}>
              {record.target}
            </Narrow>
            {entity && (
              <>
                {' · '}
                <Link to={page.entity(entity)}>Open its page</Link>
              </>
            )}
          </Fact>
        )}
        <Fact name="Outcome">
          {record.outcome === 'denied' ? `Denied, with status ${String(record.status ?? '')}` : 'Allowed'}
        </Fact>
        {rest.map(([key, value]) => (
          <Fact key={key} name={sentence(key)}>
            {valueWords(value)}
          </Fact>
        ))}
        <Fact name="At">
          <time dateTime={record.at}>{exact(new Date(record.at))}</time>
        </Fact>
        {record.address && <Fact name="From address">{record.address}</Fact>}
        {record.requestId && (
          <Fact name="Request">
            {record.requestId} <span className="quiet">in the portal’s log</span>
          </Fact>
        )}
        <Fact name="Record">{String(record.seq)}</Fact>
        <Fact name="Digest">{record.digest}</Fact>
        <Fact name="Of the one before">{record.prev}</Fact>
      </dl>
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="mono small">{children}</dd>
    </div>
  )
}

interface NarrowProps {
  search: AuditSearch
  by: AuditSearch
  what: string
  children: ReactNode
}

/** A value that narrows the list to itself. */
function Narrow({ search, by, what, children }: NarrowProps) {
  return (
    <Link
      to={page.audit}
      search={{ ...search, ...by, record: undefined }}
      title={what}
      activeProps={{}}
      aria-current={undefined}
    >
      {children}
    </Link>
  )
}
