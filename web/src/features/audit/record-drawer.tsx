import { useQuery } from '@tanstack/react-query'
import type { AuditRecord } from '../../lib/audit.ts'
import { RowBones } from '../../ui/bones.tsx'
import { Drawer } from '../../ui/drawer.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { recordQuery } from './api.ts'
import type { AuditSearch } from './audit-search.ts'
import { RecordDetail } from './record-detail.tsx'
import { Sentence } from './sentence.tsx'

interface Props {
  search: AuditSearch
  /** What the list shows. */
  records: AuditRecord[]
  onClose: () => void
}

/** The record that the address names; where the list does not show it, it is older, or the filters leave it out. */
export function RecordDrawer({ search, records, onClose }: Props) {
  const seq = Number(search.record)
  const known = Number.isSafeInteger(seq) && seq > 0
  const listed = records.find((r) => r.seq === seq)
  const alone = useQuery({ ...recordQuery(seq), enabled: known && !listed })
  const record = listed ?? alone.data ?? undefined
  if (record)
    return (
      <Drawer title={<Sentence record={record} />} onClose={onClose}>
        <RecordDetail record={record} search={search} />
      </Drawer>
    )
  return (
    <Drawer title={`Record ${search.record ?? ''}`} onClose={onClose}>
      {alone.error ? (
        <ErrorStrip error={alone.error} what="The record did not load." onRetry={() => void alone.refetch()} />
      ) : known && alone.isPending ? (
        <RowBones rows={5} />
      ) : (
        <p className="muted">There is no record {search.record}: it has expired, or it was never written.</p>
      )}
    </Drawer>
  )
}
