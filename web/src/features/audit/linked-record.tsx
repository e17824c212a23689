import { useQuery } from '@tanstack/react-query'
import { dayHeading } from '../../lib/format.ts'
import { useNow } from '../../lib/now.ts'
import { Section } from '../../ui/section.tsx'
import { Strip } from '../../ui/strip.tsx'
import { recordQuery } from './api.ts'
import type { AuditSearch } from './audit-search.ts'
import { RecordLine } from './record-list.tsx'
import css from './audit.module.css'

/** The record that a link names and that the list does not show yet: it is older, or the filters leave it out. */
export function LinkedRecord({ search }: { search: AuditSearch }) {
  const now = useNow()
  const seq = Number(search.record)
  const known = Number.isSafeInteger(seq) && seq > 0
  const { data: record } = useQuery({ ...recordQuery(seq), enabled: known })
  if (known && record === undefined) return null
  if (!record) {
    return (
      <div className={css['chain']}>
        <Strip shape="unknown">There is no record {search.record}: it has expired, or it was never written.</Strip>
      </div>
    )
  }
  return (
    <Section title={`Record ${String(record.seq)}, ${dayHeading(new Date(record.at), now)}`}>
      <ol className={css['records']}>
        <RecordLine record={record} search={search} />
      </ol>
    </Section>
  )
}
