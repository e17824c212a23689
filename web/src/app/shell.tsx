import { useQueryClient } from '@tanstack/react-query'
import { Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useEffectEvent, useState } from 'react'
import type { Feed } from '../lib/feed.ts'
import { keepTyped, onFind } from '../lib/find.ts'
import { useHotkeys, useKeySequences } from '../lib/hotkeys.ts'
import { page } from '../lib/paths.ts'
import { columnFolded } from '../lib/preference.ts'
import { allowed, useSession } from '../lib/session.ts'
import { Toasts } from '../ui/toast.tsx'
import { Column } from './column.tsx'
import { FeedFoot } from './feed-foot.tsx'
import { Lintel } from './lintel.tsx'
import { RouteAnnouncer } from './route-announcer.tsx'
import { GuestStrip, stripWords } from './guest-strip.tsx'
import { useRefusals } from './use-refusals.ts'
import css from './shell.module.css'

const loadFinder = () => import('../features/finder/finder.tsx')
// It stands over the page and moves nothing: only phones have it.
const BottomBar = lazy(async () => ({ default: (await import('./bottom-bar.tsx')).BottomBar }))
const Finder = lazy(async () => ({ default: (await loadFinder()).Finder }))
const KeysHelp = lazy(async () => ({ default: (await import('./keys-help.tsx')).KeysHelp }))

/** After so many milliseconds the finder is fetched. */
const FETCHED = 1_500

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
  const register = allowed(session, 'catalog.location.create')
  const go = (to: string) => () => void navigate({ to })

  useHotkeys({
    'mod+k': () => {
      setOpen('finder')
    },
    'g h': go(page.home),
    'g c': go(page.catalog),
    'g p': go(page.apis),
    'g g': go(page.graph),
    'g i': go(page.insights),
    'g y': go(page.you),
    ...(register ? { 'g r': go(page.register) } : {}),
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
  useEffect(
    () =>
      onFind(() => {
        setOpen('finder')
      }),
    [],
  )
  // What is not drawn yet is fetched when the page stands, so that it opens in a frame.
  useEffect(() => {
    const timer = window.setTimeout(() => void loadFinder().catch(() => undefined), FETCHED)
    return () => {
      window.clearTimeout(timer)
    }
  }, [])

  const close = () => {
    setOpen(null)
  }
  const closes = useEffectEvent(close)
  useEffect(() => (open === 'finder' ? keepTyped(closes) : undefined), [open])
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
      <Suspense>
        <BottomBar
          operator={operator}
          auditor={auditor}
          foot={<FeedFoot feed={feed} />}
          onFind={() => {
            setOpen('finder')
          }}
        />
      </Suspense>
      <RouteAnnouncer />
      <Toasts />
      <Suspense>
        {open === 'finder' && (
          <Finder
            onClose={close}
            onKeys={() => {
              setOpen('keys')
            }}
          />
        )}
        {open === 'keys' && <KeysHelp onClose={close} />}
      </Suspense>
    </>
  )
}

/** After how long the feed is fetched again where it could not be, in milliseconds. */
const AGAIN = 10_000

/** No page waits for the feed, so it is not in what every page loads first. */
function useFeed(revision: number): Feed | undefined {
  const client = useQueryClient()
  const [feed, setFeed] = useState<Feed>()
  // The feed starts once, from the revision that the session named; later ones come over the feed itself.
  const [from] = useState(revision)
  useEffect(() => {
    let ended = false
    let timer: number | undefined
    const load = async () => {
      try {
        const { Feed } = await import('../lib/feed.ts')
        if (!ended) setFeed(new Feed(client))
      } catch {
        if (!ended) timer = window.setTimeout(() => void load(), AGAIN)
      }
    }
    void load()
    return () => {
      ended = true
      window.clearTimeout(timer)
    }
  }, [client])
  useEffect(() => feed?.start(from), [feed, from])
  return feed
}
