import { useQueryClient } from '@tanstack/react-query'
import { Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Feed } from '../lib/feed.ts'
import { useHotkeys, useKeySequences } from '../lib/hotkeys.ts'
import { page } from '../lib/paths.ts'
import { columnFolded } from '../lib/preference.ts'
import { allowed, useSession } from '../lib/session.ts'
import { Toasts } from '../ui/toast.tsx'
import { BottomBar } from './bottom-bar.tsx'
import { Column } from './column.tsx'
import { FeedFoot } from './feed-foot.tsx'
import { Lintel } from './lintel.tsx'
import { RouteAnnouncer } from './route-announcer.tsx'
import { GuestStrip, stripWords } from './guest-strip.tsx'
import { useRefusals } from './use-refusals.ts'
import css from './shell.module.css'

const Finder = lazy(async () => ({ default: (await import('../features/finder/finder.tsx')).Finder }))
const KeysHelp = lazy(async () => ({ default: (await import('./keys-help.tsx')).KeysHelp }))

/** The frame: lintel, column, and the sheet on which the page stands. */
export function Shell() {
  const session = useSession()
  const navigate = useNavigate()
  const folded = columnFolded.use()
  const [open, setOpen] = useState<'finder' | 'keys' | null>(null)
  const feed = useFeed(session.revision ?? 0)
  useRefusals()
  const operator = allowed(session, 'catalog.ingestion.read')
  const auditor = allowed(session, 'portico.audit.read')
  const go = (to: string) => () => void navigate({ to })

  useHotkeys({
    'mod+k': () => {
      setOpen('finder')
    },
    'g h': go(page.home),
    'g c': go(page.catalog),
    ...(operator ? { 'g s': go(page.sources) } : {}),
    ...(auditor ? { 'g a': go(page.audit) } : {}),
    '[': () => {
      columnFolded.set(!folded)
    },
    '?': () => {
      setOpen('keys')
    },
  })
  useKeySequences()

  const close = () => {
    setOpen(null)
  }
  return (
    <>
      <a className={css['skip']} href="#main">
        Skip to the page
      </a>
      <div className={css['app']} data-folded={folded} data-strip={stripWords(session) !== null}>
        <header className={css['top']}>
          <GuestStrip session={session} />
          <Lintel
            session={session}
            onFind={() => {
              setOpen('finder')
            }}
            onKeys={() => {
              setOpen('keys')
            }}
          />
        </header>
        <Column operator={operator} auditor={auditor} foot={<FeedFoot feed={feed} />} folded={folded} />
        <main className={css['sheet']} id="main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <BottomBar
        operator={operator}
        auditor={auditor}
        foot={<FeedFoot feed={feed} />}
        onFind={() => {
          setOpen('finder')
        }}
      />
      <RouteAnnouncer />
      <Toasts />
      <Suspense>
        {open === 'finder' && <Finder operator={operator} onClose={close} />}
        {open === 'keys' && <KeysHelp onClose={close} />}
      </Suspense>
    </>
  )
}

function useFeed(revision: number): Feed {
  const client = useQueryClient()
  const [feed] = useState(() => new Feed(client))
  // The feed starts once, from the revision that the session named; later ones come over the feed itself.
  const [from] = useState(revision)
  useEffect(() => feed.start(from), [feed, from])
  return feed
}
