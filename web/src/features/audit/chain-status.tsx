import { useQuery } from '@tanstack/react-query'
import { Fresh } from '../../ui/fresh.tsx'
import { ErrorStrip, Strip } from '../../ui/strip.tsx'
import { statusQuery } from './api.ts'
import { chainWords, keptWords } from './audit-words.ts'
import css from './audit.module.css'

/** Whether the log is as it was written, how far that was looked at, and what has expired. */
export function ChainStatus() {
  const status = useQuery(statusQuery)
  return (
    <div className={css['chain']}>
      {status.data ? (
        <Strip shape={status.data.broken ? 'bad' : 'ok'}>
          <b>{chainWords(status.data)}</b>{' '}
          {status.data.records > 0 && (
            <>
              Verified up to record {status.data.verifiedUpTo}, <Fresh at={status.data.verifiedAt} />.{' '}
            </>
          )}
          <span className="quiet">{keptWords(status.data)}</span>
        </Strip>
      ) : status.error ? (
        <ErrorStrip error={status.error} what="The log could not be verified." onRetry={() => void status.refetch()} />
      ) : (
        <Strip shape="run">Looking whether every record is as it was written …</Strip>
      )}
    </div>
  )
}
