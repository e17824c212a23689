import { clock } from '../lib/format.ts'
import { ErrorStrip } from './strip.tsx'
import css from './stale-strip.module.css'

interface Props {
  /** What asks, and goes on to show its last answer. */
  query: { error: Error | null; dataUpdatedAt: number; refetch: () => unknown }
  /** "The sources did not load again." */
  what: string
}

/** What is shown was asked for again, and no answer came: it may be old by now. */
export function StaleStrip({ query: { error, dataUpdatedAt, refetch }, what }: Props) {
  if (!error) return null
  return (
    <div className={css['stale']}>
      <ErrorStrip
        error={error}
        what={what}
        kept={`You see what was there at ${clock(new Date(dataUpdatedAt))}.`}
        onRetry={() => void refetch()}
      />
    </div>
  )
}
