import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { GitCompare } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { dayHeading } from '../../lib/format.ts'
import { useNow } from '../../lib/now.ts'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import type { Change } from '../../lib/portico.ts'
import { ActionButton } from '../../ui/action.tsx'
import { RowBones } from '../../ui/bones.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Section } from '../../ui/section.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { historyQuery } from './api.ts'
import { byDay } from './by-day.ts'
import { ChangeLine } from './change-line.tsx'
import { ChangeDetails, ChangeEnds, HistoryFilter } from './chunks.ts'
import { narrowOf, type HistorySearch } from './history-search.ts'
import { useEntityRef } from './use-entity.ts'
import css from './history.module.css'

const Comparison = lazy(async () => ({ default: (await import('./comparison.tsx')).Comparison }))

const AUDIT = 'portico.audit.read'

/** Which field was changed when, from what to what, by whom and from which file. */
export function HistoryTab() {
  const ref = useEntityRef()
  const search: HistorySearch = useSearch({ strict: false })
  const navigate = useNavigate()
  const go = (next: HistorySearch, replace: boolean) => {
    void navigate({ to: page.entity(ref, 'history'), search: next, resetScroll: false, replace })
  }
  const narrow = narrowOf(search)
  const narrowed = Object.keys(narrow).length > 0
  const compare = ({ from, to, view }: HistorySearch) => {
    const points = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
    go({ ...points, ...(view ? { view } : {}), ...narrow }, search.from !== undefined)
  }
  const history = useInfiniteQuery({ ...historyQuery(ref, narrow), placeholderData: keepPreviousData })
  if (history.error && !history.data)
    return <ErrorStrip error={history.error} what="The history did not load." onRetry={() => void history.refetch()} />
  if (!history.data) return <RowBones rows={8} />
  const changes = history.data.pages.flatMap((p) => p.items)
  if (changes.length === 0 && !narrowed && !history.isPlaceholderData) {
    return (
      <div className={css['empty']}>
        <EmptyState door="open" title="No changes are kept">
          <p>It did not change since the oldest entry of the change log.</p>
        </EmptyState>
      </div>
    )
  }
  const comparing = search.from !== undefined
  return (
    <div className={css['history']}>
      {comparing ? (
        <>
          <Suspense fallback={<RowBones rows={6} />}>
            <Comparison entityRef={ref} from={search.from ?? 0} to={search.to} view={search.view} onChange={compare} />
          </Suspense>
          <p className={`${css['hint'] ?? ''} quiet small`}>
            Choose the two points in the list. A field, a person or a day narrows it down, so that any point is near.
          </p>
        </>
      ) : (
        changes.length > 1 && (
          <p className={css['begin']}>
            <Button
              size="xs"
              leftSection={<Icon of={GitCompare} size={14} />}
              onClick={() => {
                compare({ from: changes[1]?.revision ?? 0, to: changes[0]?.revision ?? 0 })
              }}
            >
              Compare two points
            </Button>
          </p>
        )
      )}
      <HistoryFilter
        entityRef={ref}
        narrow={narrow}
        onChange={(next) => {
          const { from, to, view } = search
          const points = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
          go({ ...points, ...(view ? { view } : {}), ...next }, true)
        }}
      />
      <div aria-busy={history.isPlaceholderData} className={css['list']}>
        {changes.length === 0 && (
          <p className="quiet" role="status">
            {history.hasNextPage
              ? 'None of the last changes matches. Older ones may.'
              : 'None of the changes that are kept matches.'}
          </p>
        )}
        <Days changes={changes} search={search} onChange={comparing ? compare : undefined} />
      </div>
      <Audited entityRef={ref} />
      {history.hasNextPage && (
        <Button aria-busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
          Show older
        </Button>
      )}
    </div>
  )
}

interface DaysProps {
  changes: Change[]
  search: HistorySearch
  /** Chooses the points that are compared, while there are some. */
  onChange: ((next: HistorySearch) => void) | undefined
}

function Days({ changes, search, onChange }: DaysProps) {
  const now = useNow()
  return byDay(changes).map(({ day, changes: some }) => (
    <Section key={day} title={dayHeading(new Date(some[0]?.at ?? day), now)}>
      <ol>
        {some.map((change) => (
          <ChangeLine key={change.revision} change={change}>
            <ChangeDetails change={change} />
            {onChange && <ChangeEnds revision={change.revision} search={search} onChange={onChange} />}
          </ChangeLine>
        ))}
      </ol>
    </Section>
  ))
}

function Audited({ entityRef }: { entityRef: string }) {
  const audited = allowed(useSession(), AUDIT)
  return audited ? (
    <p className={`${css['audit'] ?? ''} quiet small`}>
      Requests and refusals are in{' '}
      <Link to={page.audit} search={{ target: entityRef }}>
        the audit log
      </Link>
      .
    </p>
  ) : (
    <p className={css['audit']}>
      <ActionButton may={AUDIT} size="xs">
        Audit log of this entity
      </ActionButton>
    </p>
  )
}
