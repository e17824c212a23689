import { Link, useLocation } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { page } from '../../lib/paths.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { useTitle } from '../../lib/title.ts'
import { Tabs } from '../../ui/tabs.tsx'
import tabs from '../../ui/tabs.module.css'
import css from './you.module.css'

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
  const user = session.principal?.type === 'user'
  const places = [
    { to: page.you, words: 'Profile', shown: true },
    { to: page.sessions, words: 'Sessions', shown: user },
    { to: page.tokens, words: 'Your tokens', shown: user },
    { to: page.services, words: 'Tokens of services', shown: allowed(session, 'portico.token.manage') },
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
      {places.length > 1 && (
        <Tabs label="About you">
          {places.map(({ to, words }) => (
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
          ))}
        </Tabs>
      )}
      <div className={css['under']}>{children}</div>
    </div>
  )
}
