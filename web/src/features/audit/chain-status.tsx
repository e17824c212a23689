import { useQuery } from '@tanstack/react-query'
import { Check, ChevronDown, Copy } from 'lucide-react'
import { useState } from 'react'
import type { AuditStatus } from '../../lib/audit.ts'
import { copyText } from '../../lib/clipboard.ts'
import { number } from '../../lib/words.ts'
import { Button } from '../../ui/button.tsx'
import { Fresh } from '../../ui/fresh.tsx'
import { Icon } from '../../ui/icon.tsx'
import { MenuButton, type Opener } from '../../ui/menu-button.tsx'
import { usePlace } from '../../ui/place.ts'
import { Status } from '../../ui/status.tsx'
import { ErrorStrip, Strip } from '../../ui/strip.tsx'
import { statusQuery } from './api.ts'
import { chainWords, keptWords } from './audit-words.ts'
import css from './audit.module.css'

/** Whether the log is as it was written, how far that was looked at, what has expired, and how to check it elsewhere. */
export function ChainStatus({ empty }: { empty: boolean }) {
  const status = useQuery(statusQuery)
  if (status.data?.broken)
    return (
      <div className={css['broken']}>
        <Strip shape="bad">
          <b>{chainWords(status.data)}</b> <span className="quiet">{keptWords(status.data)}</span>
        </Strip>
      </div>
    )
  if (!status.data && status.error)
    return (
      <div className={css['broken']}>
        <ErrorStrip error={status.error} what="The log could not be verified." onRetry={() => void status.refetch()} />
      </div>
    )
  // Nothing to vouch for: the page says so once.
  if (empty && !(status.data && status.data.verifiedUpTo > 0)) return null
  return (
    <div className={css['chain']}>
      {status.data ? (
        <>
          <Status shape={status.data.records > 0 ? 'ok' : 'unknown'} label={null} />
          <p>
            {chainWords(status.data)}{' '}
            {status.data.records > 0 && (
              <>
                Verified to record {number(status.data.verifiedUpTo)}, <Fresh at={status.data.verifiedAt} />.{' '}
              </>
            )}
            {keptWords(status.data)}
          </p>
          {status.data.verifiedUpTo > 0 && <How status={status.data} />}
        </>
      ) : (
        <>
          <Status shape="run" label={null} />
          <p>Looking whether every record is as it was written …</p>
        </>
      )}
    </div>
  )
}

function How({ status }: { status: AuditStatus }) {
  return (
    <MenuButton
      holds="dialog"
      label="How to check it"
      size="xs"
      variant="subtle"
      rightSection={<Icon of={ChevronDown} size={14} />}
      content={(opener) => <HowTo status={status} {...opener} />}
    >
      How to check it
    </MenuButton>
  )
}

/** The head of the chain, which shows later whether somebody wrote the whole log anew, if it is kept elsewhere. */
function HowTo({ status: { head, verifiedUpTo, digest }, beside }: { status: AuditStatus } & Opener) {
  const box = usePlace(beside)
  const [state, setState] = useState<'new' | 'copied' | 'refused'>('new')
  const copy = async () => {
    setState((await copyText(head)) ? 'copied' : 'refused')
  }
  return (
    <div ref={box} className={css['check']}>
      <p>
        Each record carries the digest of the one before. Who can write to the database could write all of them anew:
        keep the head on another machine.
      </p>
      <div className={css['head']}>
        <code>
          {verifiedUpTo}:<wbr />
          {digest}
        </code>
        <Button
          size="xs"
          aria-label="Copy the head of the chain"
          leftSection={<Icon of={state === 'copied' ? Check : Copy} size={14} />}
          onClick={() => void copy()}
        >
          {state === 'copied' ? 'Copied' : 'Copy the head'}
        </Button>
      </div>
      <p>
        <code>portico audit verify --expect</code> with it says whether this record is still in the log as it was.
      </p>
      <span className="small" role="status">
        {state === 'refused' && 'The browser does not let the page copy. Select the head and copy it.'}
        {state === 'copied' && <span className="sr">The head is copied.</span>}
      </span>
    </div>
  )
}
