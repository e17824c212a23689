import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Undo2 } from 'lucide-react'
import { locationTarget } from '../../lib/format.ts'
import type { Removed } from '../../lib/portico.ts'
import { useName } from '../../lib/summaries.ts'
import { count } from '../../lib/words.ts'
import { Actor } from '../../ui/actor.tsx'
import { RowBones } from '../../ui/bones.tsx'
import { ActionButton } from '../../ui/action.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { FilterField } from '../../ui/filter-field.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { MANAGE, removedQuery, useRestore, useRestoreRemoval } from './api.ts'
import { ProblemList } from './problem-list.tsx'
import { removedLine, sameRemoval } from './problem-words.ts'
import type { ProblemsSearch } from './problems-search.ts'
import css from './operate.module.css'

interface Props {
  search: ProblemsSearch
  at: string
  /** How many there are without a filter. */
  total: number
}

/** What was removed and can be restored, a page at a time, with a filter: after a large removal it is long. */
export function RemovedPanel({ search, at, total }: Props) {
  const q = search.q ?? ''
  const removed = useInfiniteQuery(removedQuery(q))
  const all = removed.data?.pages.flatMap((p) => p.items) ?? []
  const lines = all.map(removedLine)
  const chosen = lines.find((l) => l.id === search.problem) ?? lines[0]
  const item = all.find((r) => r.uid === chosen?.id)
  if (total === 0 && q === '' && all.length === 0 && !removed.error) {
    return (
      <div className={css['empty']}>
        <EmptyState door="lit" title="Nothing was removed in 30 days">
          <p>What was removed can be restored from here for 30 days.</p>
        </EmptyState>
      </div>
    )
  }
  return (
    <>
      <RefFilter search={search} at={at} />
      {removed.error && (
        <ErrorStrip error={removed.error} what="The list did not load." onRetry={() => void removed.refetch()} />
      )}
      {removed.isPending && <RowBones rows={4} />}
      {removed.data && !chosen && (
        <p className={`${css['empty'] ?? ''} muted`}>No ref of what was removed in 30 days has “{q}” in it.</p>
      )}
      {chosen && item && (
        <div className={css['prob']}>
          <ProblemList label="Removed" lines={lines} chosen={chosen} search={{ ...search, tab: 'removed' }} at={at}>
            {removed.hasNextPage && (
              <Button size="xs" aria-busy={removed.isFetchingNextPage} onClick={() => void removed.fetchNextPage()}>
                Show more
              </Button>
            )}
          </ProblemList>
          <div className={css['detail']}>
            <RemovedDetail key={item.uid} removed={item} together={sameRemoval(all, item)} />
          </div>
        </div>
      )}
    </>
  )
}

/** The filter stands in the URL, once typing rests. */
function RefFilter({ search, at }: Pick<Props, 'search' | 'at'>) {
  const navigate = useNavigate()
  return (
    <FilterField
      className={css['filter']}
      value={search.q}
      label="Filter what was removed by its ref"
      placeholder="Filter by ref, such as component or payments"
      onChange={(q) => void navigate({ to: at, search: { tab: 'removed', q }, replace: true, resetScroll: false })}
    />
  )
}

function RemovedDetail({ removed, together }: { removed: Removed; together: boolean }) {
  const restore = useRestore()
  const restoreAll = useRestoreRemoval()
  const name = useName(removed.ref)
  const busy = restore.isPending || restoreAll.isPending
  // Restored, it leaves the list and this with it, so what is said does not hang on this being drawn.
  const one = () =>
    restore.mutateAsync(removed.uid).then(
      () => {
        say(`${name} is back in the catalog.`)
      },
      () => undefined,
    )
  const all = () =>
    restoreAll.mutateAsync(removed.removedAt).then(
      ({ restored }) => {
        say(`${count(restored, 'entity is', 'entities are')} back in the catalog.`)
      },
      () => undefined,
    )
  return (
    <>
      <h2>{name} was removed</h2>
      <p className={css['lead']}>
        Removed <Fresh at={removed.removedAt} />
        <Actor actor={removed.actor} />. It can be restored until{' '}
        <time dateTime={removed.restorableUntil}>
          {new Date(removed.restorableUntil).toLocaleDateString('en-GB', { day: 'numeric', month: 'long' })}
        </time>
        .{together && ' Others were removed with it.'}
      </p>
      <dl className={css['claims']}>
        <dt>Was in</dt>
        <dd className="mono small">{locationTarget(removed.location)}</dd>
        <dt>Ref</dt>
        <dd className="mono small">{removed.ref}</dd>
      </dl>
      {restore.error && <ErrorStrip error={restore.error} what={`${name} was not restored.`} />}
      {restoreAll.error && <ErrorStrip error={restoreAll.error} what="Nothing was restored." />}
      <div className={css['acts']}>
        <ActionButton
          may={MANAGE}
          leftSection={<Icon of={Undo2} size={14} />}
          aria-busy={busy}
          onClick={() => void one()}
        >
          Restore
        </ActionButton>
        {together && (
          <ActionButton may={MANAGE} aria-busy={busy} onClick={() => void all()}>
            Restore all of this removal
          </ActionButton>
        )}
      </div>
    </>
  )
}
