import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AuditRecord } from '../../lib/audit.ts'
import { exact } from '../../lib/format.ts'
import { page } from '../../lib/paths.ts'
import { number } from '../../lib/words.ts'
import { Status } from '../../ui/status.tsx'
import type { AuditSearch } from './audit-search.ts'
import { detailName, entityOf, isPerson, tokenWords, valueWords } from './audit-words.ts'
import { PersonName } from './sentence.tsx'
import css from './audit.module.css'

/** Everything that a record says: first when, who, what, on what and how it ended; what proves it is folded away. */
export function RecordDetail({ record, search }: { record: AuditRecord; search: AuditSearch }) {
  const { detail } = record
  const token = tokenWords(record)
  const rest = Object.entries(detail).filter(([key]) => key !== 'before' && !(key === 'token' && token))
  const entity = entityOf(record.target)
  const changed = 'before' in detail
  return (
    <div className={css['detail']}>
      <dl>
        <Fact name="When">
          <time dateTime={record.at}>{exact(new Date(record.at))}</time>
        </Fact>
        <Fact name="Who">
          {isPerson(record) && (
            <>
              <PersonName entityRef={record.actor} /> <span className="quiet">· </span>
            </>
          )}
          <Narrow search={search} by={{ actor: record.actor }} what={`Only what ${record.actor} did`}>
            {record.actor}
          </Narrow>
        </Fact>
        {token && <Fact name="By the token">{token}</Fact>}
        <Fact name="Did what">
          <Narrow search={search} by={{ action: record.action }} what={`Only ${record.action}`}>
            {record.action}
          </Narrow>
        </Fact>
        {changed && <Fact name="Before">{valueWords(detail['before'])}</Fact>}
        {record.target && (
          <Fact name={changed ? 'After' : 'On what'}>
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
          {record.outcome === 'denied' ? (
            <span className={css['outcome']}>
              <Status shape="bad" label={null} /> Refused, with status {String(record.status ?? '')}
            </span>
          ) : (
            'Allowed'
          )}
        </Fact>
        {record.address && (
          <Fact name="From">
            <span className="num">{record.address}</span>
          </Fact>
        )}
        {rest.map(([key, value]) => (
          <Fact key={key} name={detailName(record.action, key)}>
            {/* Words and counts are words; what is copied is in the letters of code. */}
            <span className={key === 'digest' || typeof value === 'object' ? 'mono small' : undefined}>
              {valueWords(value)}
            </span>
          </Fact>
        ))}
        {record.requestId && (
          <Fact name="Request">
            <span className="mono small">{record.requestId}</span> <span className="quiet">in the portal’s log</span>
          </Fact>
        )}
      </dl>
      <details>
        <summary>Proof</summary>
        <p className="muted">
          This is record {number(record.seq)}. It carries the digest of the one before, so nobody changes either unseen.
        </p>
        <dl>
          <Fact name="This record">
            <span className="mono small">{record.digest}</span>
          </Fact>
          <Fact name="Record before">
            <span className="mono small">{record.prev}</span>
          </Fact>
        </dl>
      </details>
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
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
      className="mono small"
    >
      {children}
    </Link>
  )
}
