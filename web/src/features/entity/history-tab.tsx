import { useSuspenseInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { dayHeading, locationTarget, shortPath } from '../../lib/format.ts'
import { useNow } from '../../lib/now.ts'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import type { Change, FieldChange } from '../../lib/portico.ts'
import { ActionButton } from '../../ui/action.tsx'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Section } from '../../ui/section.tsx'
import { historyQuery } from './api.ts'
import { byDay } from './by-day.ts'
import { ChangeLine } from './change-line.tsx'
import { FieldDiff } from './field-diff.tsx'
import { useEntityRef } from './use-entity.ts'
import css from './history.module.css'

const AUDIT = 'portico.audit.read'

/** Which field was changed when, from what to what, by whom and from which file. */
export function HistoryTab() {
  const ref = useEntityRef()
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
  return (
    <div className={css['history']}>
      {byDay(changes).map(({ day, changes: some }) => (
        <Section key={day} title={dayHeading(new Date(some[0]?.at ?? day), now)}>
          <ol>
            {some.map((change) => (
              <ChangeLine key={change.revision} change={change}>
                <Details change={change} />
              </ChangeLine>
            ))}
          </ol>
        </Section>
      ))}
      {audited ? (
        <p className={`${css['audit'] ?? ''} quiet small`}>
          What people asked for, and were denied, is in{' '}
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
        {change.source ? `from ${shortPath(locationTarget(change.source))} · ` : ''}revision {change.revision}
      </p>
    </>
  )
}
