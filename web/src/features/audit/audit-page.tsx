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
import { RecordDrawer } from './record-drawer.tsx'
import { RecordList } from './record-list.tsx'
import css from './audit.module.css'

/** Who changed what, and who was refused. */
export function AuditPage() {
  useTitle('Audit log')
  const search: AuditSearch = useSearch({ strict: false })
  const navigate = useNavigate()
  const go = (next: AuditSearch, replace = false) =>
    void navigate({ to: page.audit, search: next, resetScroll: false, replace })
  const list = useInfiniteQuery({ ...recordsQuery(search), throwOnError: (_, query) => query.state.data === undefined })
  const records = list.data?.pages.flatMap((p) => p.items)
  const none = records?.length === 0
  // Where the filters leave nothing: whether there is anything without them. With a log that is empty they are not to blame.
  const all = useInfiniteQuery({ ...recordsQuery({}), enabled: none && narrowed(search) })
  const empty = none && (!narrowed(search) || all.data?.pages[0]?.items.length === 0)
  return (
    <div className="page">
      <header className={css['top']}>
        <div>
          <h1 tabIndex={-1}>Audit log</h1>
          <p className="muted">Who changed what, who came in, and who was refused. Nobody can change a record.</p>
        </div>
        {!none && (
          <OutButton
            href={exportAddress(search)}
            target="_self"
            download="audit.jsonl"
            leftSection={<Icon of={Download} size={14} />}
          >
            Export {narrowed(search) ? 'these' : 'all'} as JSONL
          </OutButton>
        )}
      </header>
      <ChainStatus empty={empty === true} />
      {!empty && <AuditFilters search={search} go={go} />}
      {!records || (none && narrowed(search) && all.isPending) ? (
        <RowBones rows={10} />
      ) : (
        <div aria-busy={list.isPlaceholderData} className={list.isPlaceholderData ? css['stale'] : undefined}>
          {records.length > 0 ? (
            <RecordList records={records} search={search} />
          ) : (
            <Nothing
              empty={empty === true}
              onClear={() => {
                go({})
              }}
            />
          )}
          {list.error && (
            <ErrorStrip
              error={list.error}
              what="Older records did not load."
              onRetry={() => void list.fetchNextPage()}
            />
          )}
          {list.hasNextPage && (
            <div className={css['older']}>
              <Button aria-busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                Show older
              </Button>
            </div>
          )}
        </div>
      )}
      {records && search.record !== undefined && (
        <RecordDrawer
          search={search}
          records={records}
          onClose={() => {
            go({ ...search, record: undefined }, true)
          }}
        />
      )}
    </div>
  )
}

function Nothing({ empty, onClear }: { empty: boolean; onClear: () => void }) {
  if (empty)
    return (
      <EmptyState door="lit" title="The log is empty">
        <p>The next change, sign-in or refused attempt will be here.</p>
      </EmptyState>
    )
  return (
    <EmptyState door="open" title="No record matches" actions={<Button onClick={onClear}>Clear the filters</Button>}>
      <p>Who and what are compared as a whole: choose them from what is offered as you type.</p>
    </EmptyState>
  )
}
