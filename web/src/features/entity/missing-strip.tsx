import { useQuery } from '@tanstack/react-query'
import type { StatusItem } from '../../lib/entity.ts'
import { day, exact } from '../../lib/format.ts'
import { problemsQuery } from '../../lib/ingestion.ts'
import { parseMissing } from '../../lib/missing.ts'
import { useNow } from '../../lib/now.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { asSentence } from '../../lib/words.ts'
import { Fresh } from '../../ui/fresh.tsx'
import { Strip } from '../../ui/strip.tsx'

/** Since when it is missing, why, and when it goes. Who may not see the problems reads what the entity says itself. */
export function MissingStrip({ entityRef, item }: { entityRef: string; item: StatusItem }) {
  const now = useNow()
  const operator = allowed(useSession(), 'catalog.ingestion.read')
  const { data } = useQuery({ ...problemsQuery, enabled: operator })
  const known = data?.missing.find((m) => m.ref === entityRef)
  const words = known ?? parseMissing(item)
  const end = known && new Date(known.removeAt)
  return (
    <Strip shape="warn">
      {words ? (
        <>
          <b>
            It went missing <Fresh at={words.since} />.
          </b>{' '}
          {asSentence(words.reason)}
        </>
      ) : (
        <b>{asSentence(item.message)}</b>
      )}{' '}
      You see what was last known.
      {end && (
        <>
          {' '}
          It will be removed on{' '}
          <time dateTime={known.removeAt} title={exact(end)}>
            {day(end, now)}
          </time>
          .
        </>
      )}
    </Strip>
  )
}
