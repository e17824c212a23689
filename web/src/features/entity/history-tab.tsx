import { useSuspenseInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { GitCompare } from 'lucide-react'
import { dayHeading, locationTarget, shortPath } from '../../lib/format.ts'
import { useNow } from '../../lib/now.ts'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import type { Change, FieldChange } from '../../lib/portico.ts'
import { count } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Section } from '../../ui/section.tsx'
import { historyQuery } from './api.ts'
import { byDay } from './by-day.ts'
import { ChangeLine } from './change-line.tsx'
import { Comparison } from './comparison.tsx'
import { FieldDiff } from './field-diff.tsx'
import { changedFields, changesOf } from './history-fields.ts'
import type { HistorySearch } from './history-search.ts'
import { useEntityRef } from './use-entity.ts'
import css from './history.module.css'

const AUDIT = 'portico.audit.read'

/** Which field was changed when, from what to what, by whom and from which file. */
export function HistoryTab() {
  const ref = useEntityRef()
  const search: HistorySearch = useSearch({ strict: false })
  const navigate = useNavigate()
  const compare = (next: HistorySearch) => {
    void navigate({
      to: page.entity(ref, 'history'),
      search: { ...next, ...(search.field ? { field: search.field } : {}) },
      resetScroll: false,
      replace: search.from !== undefined,
    })
  }
  const narrow = (field: string) => {
    const next = { ...search }
    if (field) next.field = field
    else delete next.field
    void navigate({
      to: page.entity(ref, 'history'),
      search: next,
      resetScroll: false,
      replace: true,
    })
  }
  const history = useSuspenseInfiniteQuery(historyQuery(ref))
  const audited = allowed(useSession(), AUDIT)
  const now = useNow()
  const changes = history.data.pages.flatMap((p) => p.items)
  if (changes.length === 0) {
    return (
      <div className={css['empty']}>
        <EmptyState door="open" title="No changes are kept">
          <p>It did not change since the oldest entry of the change log.</p>
        </EmptyState>
      </div>
    )
  }
  const fields = changedFields(changes)
  const shown = changesOf(changes, search.field)
  const comparing = search.from !== undefined
  return (
    <div className={css['history']}>
      {comparing ? (
        <Comparison entityRef={ref} from={search.from ?? 0} to={search.to} view={search.view} onChange={compare} />
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
      {(fields.length > 0 || search.field) && (
        <label className={css['narrow']}>
          Changes of{' '}
          <select
            value={search.field ?? ''}
            onChange={(event) => {
              narrow(event.target.value)
            }}
          >
            <option value="">all fields</option>
            {[...new Set([...fields, ...(search.field ? [search.field] : [])])].map((field) => (
              <option key={field}>{field}</option>
            ))}
          </select>
        </label>
      )}
      {shown.length === 0 && (
        <p className="quiet" role="status">
          None of the {count(changes.length, 'change')} that {changes.length === 1 ? 'is' : 'are'} loaded changed{' '}
          <span className="mono">{search.field}</span>.{history.hasNextPage && ' Older ones may have.'}
        </p>
      )}
      {byDay(shown).map(({ day, changes: some }) => (
        <Section key={day} title={dayHeading(new Date(some[0]?.at ?? day), now)}>
          <ol>
            {some.map((change) => (
              <ChangeLine key={change.revision} change={change}>
                <Details change={change} />
                {comparing && <Ends revision={change.revision} search={search} onChange={compare} />}
              </ChangeLine>
            ))}
          </ol>
        </Section>
      ))}
      {audited ? (
        <p className={`${css['audit'] ?? ''} quiet small`}>
          Requests and refusals are in{' '}
          <Link to={page.audit} search={{ target: ref }}>
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
      )}
      {history.hasNextPage && (
        <Button aria-busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
          Show older
        </Button>
      )}
    </div>
  )
}

interface EndsProps {
  revision: number
  search: HistorySearch
  onChange: (next: HistorySearch) => void
}

/** Makes this change one of the two points. The arrow keys go from change to change. */
function Ends({ revision, search, onChange }: EndsProps) {
  const { from, to } = search
  return (
    <span className={css['ends']}>
      <label>
        <input
          type="radio"
          name="from"
          checked={from === revision}
          onChange={() => {
            onChange({ ...search, from: revision })
          }}
        />
        From<span className="sr"> revision {revision}</span>
      </label>
      <label>
        <input
          type="radio"
          name="to"
          checked={to === revision}
          onChange={() => {
            onChange({ ...search, to: revision })
          }}
        />
        To<span className="sr"> revision {revision}</span>
      </label>
    </span>
  )
}

function Details({ change }: { change: Change }) {
  const diff = change.diff ?? []
  return (
    <>
      {change.op === 'updated' && diff.length > 0 && (
        <div className={css['diff']}>
          {diff.map((field: FieldChange) => (
            <FieldDiff key={field.path} field={field} />
          ))}
        </div>
      )}
      <p className="quiet small">
        {change.source && change.op !== 'created'
          ? `From ${shortPath(locationTarget(change.source))} · revision`
          : 'Revision'}{' '}
        {change.revision}
      </p>
    </>
  )
}
