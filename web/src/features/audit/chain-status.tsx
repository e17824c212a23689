import { useQuery } from '@tanstack/react-query'
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import type { AuditStatus } from '../../lib/audit.ts'
import { copyText } from '../../lib/clipboard.ts'
import { Button } from '../../ui/button.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip, Strip } from '../../ui/strip.tsx'
import { statusQuery } from './api.ts'
import { chainWords, keptWords } from './audit-words.ts'
import css from './audit.module.css'

/** Whether the log is as it was written, how far that was looked at, what has expired, and the head to keep elsewhere. */
export function ChainStatus() {
  const status = useQuery(statusQuery)
  return (
    <div className={css['chain']}>
      {status.data ? (
        <>
          <Strip shape={status.data.broken ? 'bad' : 'ok'}>
            <b>{chainWords(status.data)}</b>{' '}
            {status.data.records > 0 && (
              <>
                Verified up to record {status.data.verifiedUpTo}, <Fresh at={status.data.verifiedAt} />.{' '}
              </>
            )}
            <span className="quiet">{keptWords(status.data)}</span>
          </Strip>
          {status.data.verifiedUpTo > 0 && !status.data.broken && <Head status={status.data} />}
        </>
      ) : status.error ? (
        <ErrorStrip error={status.error} what="The log could not be verified." onRetry={() => void status.refetch()} />
      ) : (
        <>
          <Strip shape="run">Looking whether every record is as it was written …</Strip>
          <div className={css['headroom']} />
        </>
      )}
    </div>
  )
}

/** The head of the chain, which shows later whether somebody wrote the whole log anew, if it is kept elsewhere. */
function Head({ status: { head, verifiedUpTo, digest } }: { status: AuditStatus }) {
  const [state, setState] = useState<'new' | 'copied' | 'refused'>('new')
  const copy = async () => {
    setState((await copyText(head)) ? 'copied' : 'refused')
  }
  return (
    <section className={css['chainhead']} aria-label="Head of the chain">
      <p className={css['digest']}>
        <span className="quiet">Head</span>{' '}
        <code title={head}>
          {verifiedUpTo}:<wbr />
          {digest}
        </code>
      </p>
      <Button
        size="xs"
        variant="subtle"
        aria-label="Copy the head of the chain"
        leftSection={<Icon of={state === 'copied' ? Check : Copy} size={14} />}
        onClick={() => void copy()}
      >
        {state === 'copied' ? 'Copied' : 'Copy'}
      </Button>
      <p className={`${css['keep'] ?? ''} quiet small`}>
        Keep it on another machine: <code>portico audit verify --expect</code> with it says whether this record is still
        in the log as it was.
      </p>
      <span className={`${css['keep'] ?? ''} small`} role="status">
        {state === 'refused' && 'The browser does not let the page copy. Select the head and copy it.'}
        {state === 'copied' && <span className="sr">The head is copied.</span>}
      </span>
    </section>
  )
}
