import type { AuditRecord } from '../../lib/audit.ts'
import { locationTarget } from '../../lib/format.ts'
import { useMention } from '../../lib/summaries.ts'
import { actorWords, isPerson, reasonWords, told } from './audit-words.ts'
import css from './audit.module.css'

/** A record as a sentence: who, what, on what, and why not. */
export function Sentence({ record }: { record: AuditRecord }) {
  const { what, on } = told(record)
  const why = record.outcome === 'denied' ? reasonWords(record) : ''
  return (
    <span className={css['said']}>
      <Who record={record} /> {what} {on && <span className={css['on']}>{locationTarget(on)}</span>}
      {why && <span className="quiet small"> · {why}</span>}
    </span>
  )
}

function Who({ record }: { record: AuditRecord }) {
  return <b>{isPerson(record) ? <PersonName entityRef={record.actor} /> : actorWords(record)}</b>
}

/** By the name that people know; as the record has it where the catalog does not know them, or no longer. */
export function PersonName({ entityRef }: { entityRef: string }) {
  const { title, summary } = useMention(entityRef)
  return summary ? title : actorWords({ actor: entityRef, principal: 'user' })
}
