import { Link, useLocation } from '@tanstack/react-router'
import { Lock } from 'lucide-react'
import type { ReactNode } from 'react'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { useTitle } from '../../lib/title.ts'
import { useWhy } from '../../ui/action.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import tabs from '../../ui/tabs.module.css'
import css from './you.module.css'

const SERVICES = 'portico.token.manage'

interface Props {
  /** In the tab of the browser. */
  title: string
  /** The page's answer, in a sentence. */
  heading: ReactNode
  action?: ReactNode
  children: ReactNode
}

/** What the pages about oneself have in common: the sentence, the tabs. */
export function Frame({ title, heading, action, children }: Props) {
  useTitle(title)
  const session = useSession()
  const { pathname } = useLocation()
  const services = allowed(session, SERVICES)
  const user = session.principal?.type === 'user'
  const places = [
    { to: page.you, words: 'Profile', shown: true, locked: false },
    { to: page.appearance, words: 'Appearance', shown: true, locked: false },
    { to: page.kept, words: 'Stars and views', shown: true, locked: false },
    { to: page.sessions, words: 'Sessions', shown: user, locked: false },
    { to: page.tokens, words: 'Your tokens', shown: user, locked: false },
    { to: page.services, words: 'Service tokens', shown: true, locked: !services },
    { to: page.rights, words: 'What you may do', shown: true, locked: false },
  ].filter(({ shown }) => shown)
  return (
    <div className="page">
      <header className={css['head']}>
        <div>
          <p className="quiet">You</p>
          <h1 tabIndex={-1}>{heading}</h1>
        </div>
        {action}
      </header>
      <Tabs label="About you">
        {places.map(({ to, words, locked }) =>
          locked ? (
            <LockedTab key={to} words={words} />
          ) : (
            <Link
              key={to}
              to={to}
              className={tabs['tab']}
              activeProps={{}}
              activeOptions={{ exact: true, includeSearch: false }}
              aria-current={pathname === to ? 'page' : undefined}
            >
              {words}
            </Link>
          ),
        )}
      </Tabs>
      <div className={css['under']}>{children}</div>
    </div>
  )
}

function LockedTab({ words }: { words: string }) {
  const why = useWhy(SERVICES)
  return (
    <>
      <button type="button" {...why.button} className={tabs['tab']}>
        {words}
        <Icon of={Lock} size={14} />
      </button>
      {why.reason}
    </>
  )
}
