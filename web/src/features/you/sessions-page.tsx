import { useSuspenseQuery } from '@tanstack/react-query'
import { Monitor, Smartphone, Tablet, type LucideIcon } from 'lucide-react'
import { exact } from '../../lib/format.ts'
import { useNow } from '../../lib/now.ts'
import type { SignedIn } from '../../lib/portico.ts'
import { count } from '../../lib/words.ts'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { Tag } from '../../ui/tag.tsx'
import { say } from '../../ui/toast.tsx'
import { sessionsQuery, useEndOthers, useEndSession } from './api.ts'
import { Confirm } from './confirm.tsx'
import { Frame } from './frame.tsx'
import { agoWords, momentWords, sessionsHeadline } from './words.ts'
import css from './you.module.css'

/** Where am I signed in, and is that me? */
export function SessionsPage() {
  const items = useSuspenseQuery(sessionsQuery).data
  const others = items.filter((s) => !s.this).length
  const endOthers = useEndOthers()
  return (
    <Frame
      title="Your sessions"
      heading={sessionsHeadline(items)}
      action={
        others > 0 && (
          <div className={css['acts']}>
            <Confirm
              may="portico.me.manage"
              words="Sign out everywhere else"
              label="Sign out everywhere else"
              sure={`End ${count(others, 'other session')}`}
              busy={endOthers.isPending}
              onSure={() => {
                endOthers.mutate(undefined, {
                  onSuccess: ({ ended }) => {
                    say(`${count(ended, 'session')} ended. Those browsers are signed out within seconds.`)
                  },
                })
              }}
            />
          </div>
        )
      }
    >
      {endOthers.error && <ErrorStrip error={endOthers.error} what="The other sessions did not end." />}
      <ul className={`${css['rows'] ?? ''} ${css['sessions'] ?? ''}`} aria-label="Sessions">
        {items.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
      <p className={`${css['note'] ?? ''} quiet small`}>
        A session ends eight hours after the last look at a page, or a day after its sign-in, whichever comes first.
      </p>
    </Frame>
  )
}

/** What it looks like, by the server's words for it: "Safari on an iPhone". */
function deviceIcon(device: string): LucideIcon {
  if (/iPad/.test(device)) return Tablet
  return /iPhone|Android/.test(device) ? Smartphone : Monitor
}

function SessionRow({ session: { id, device, address, createdAt, seenAt, this: here } }: { session: SignedIn }) {
  const end = useEndSession()
  return (
    <li className={css['session']}>
      <Icon of={deviceIcon(device)} />
      <div className={css['what']}>
        <b>{device}</b> {here && <Tag tone="brand">This browser</Tag>}
      </div>
      <p className={`${css['seen'] ?? ''} muted`}>
        <span className="num">{address}</span> · seen <Moment at={seenAt} words={agoWords} />
      </p>
      <p className={`${css['since'] ?? ''} quiet`}>
        Signed in <Moment at={createdAt} words={momentWords} />
      </p>
      <div className={css['acts']}>
        {!here && (
          <Confirm
            may="portico.me.manage"
            words="Sign out"
            label={`Sign out ${device} from ${address}`}
            sure="End this session"
            busy={end.isPending}
            onSure={() => {
              end.mutate(id, {
                onSuccess: () => {
                  say(`${device} is signed out.`)
                },
              })
            }}
          />
        )}
      </div>
      {end.error && (
        <div className={css['failed']}>
          <ErrorStrip error={end.error} what="The session did not end." />
        </div>
      )}
    </li>
  )
}

function Moment({ at, words }: { at: string; words: (at: Date, now: Date) => string }) {
  const date = new Date(at)
  return (
    <time dateTime={at} title={exact(date)}>
      {words(date, useNow())}
    </time>
  )
}
