import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useTitle } from '../../lib/title.ts'
import { RowBones } from '../../ui/bones.tsx'
import { Button, OutButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { page } from '../../lib/paths.ts'
import { exportAddress, recordsQuery } from './api.ts'
import { AuditFilters } from './audit-filters.tsx'
import { narrowed, type AuditSearch } from './audit-search.ts'
import { ChainStatus } from './chain-status.tsx'
import { LinkedRecord } from './linked-record.tsx'
import { RecordList } from './record-list.tsx'
import css from './audit.module.css'

/** Who changed what, and who was not let. */
export function AuditPage() {
  useTitle('Audit log')
  const search: AuditSearch = useSearch({ strict: false })
  const navigate = useNavigate()
  const go = (next: AuditSearch) => void navigate({ to: page.audit, search: next, resetScroll: false })
  return (
    <div className="page">
      <header className={css['head']}>
        <div>
          <h1 tabIndex={-1}>Audit log</h1>
          <p className="muted">Who changed what, who came in, and who was not let. Nobody can change a record.</p>
        </div>
        <OutButton
          href={exportAddress(search)}
          target="_self"
          download="audit.jsonl"
          leftSection={<Icon of={Download} size={14} />}
        >
          Export {narrowed(search) ? 'these' : 'all'} as JSONL
        </OutButton>
      </header>
      <ChainStatus />
      <AuditFilters search={search} go={go} />
      <Records search={search} go={go} />
    </div>
  )
}

function Records({ search, go }: { search: AuditSearch; go: (next: AuditSearch) => void }) {
  const list = useInfiniteQuery({ ...recordsQuery(search), throwOnError: (_, query) => query.state.data === undefined })
  if (!list.data) return <RowBones rows={10} />
  const records = list.data.pages.flatMap((p) => p.items)
  const linked = search.record !== undefined && !records.some((r) => String(r.seq) === search.record)
  return (
    <div aria-busy={list.isPlaceholderData} className={list.isPlaceholderData ? css['stale'] : undefined}>
      {linked && <LinkedRecord search={search} />}
      {records.length > 0 ? (
        <RecordList records={records} search={search} />
      ) : narrowed(search) ? (
        <EmptyState
          door="open"
          title="No record matches"
          actions={
            <Button
              onClick={() => {
                go({})
              }}
            >
              Clear the filters
            </Button>
          }
        >
          <p>Who and what are compared as a whole, with case: write them as the records do.</p>
        </EmptyState>
      ) : (
        <EmptyState door="lit" title="Nothing is recorded yet">
          <p>The first change, sign-in or refused attempt will be here.</p>
        </EmptyState>
      )}
      {list.error && (
        <ErrorStrip error={list.error} what="Older records did not load." onRetry={() => void list.fetchNextPage()} />
      )}
      {list.hasNextPage && (
        <div className={css['older']}>
          <Button aria-busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show older
          </Button>
        </div>
      )}
    </div>
  )
}
