import { Link } from '@tanstack/react-router'
import { Contrast, Search } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { setColorScheme, useColorScheme } from '../lib/color-scheme.ts'
import { page } from '../lib/paths.ts'
import { modKey } from '../lib/platform.ts'
import type { Session } from '../lib/portico.ts'
import { IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { Mark, Wordmark } from '../ui/mark.tsx'
import { Monogram } from '../ui/owner.tsx'
import css from './lintel.module.css'

const MeMenu = lazy(async () => ({ default: (await import('./me-menu.tsx')).MeMenu }))

interface Props {
  session: Session
  onFind: () => void
  onKeys: () => void
}

export function Lintel({ session, onFind, onKeys }: Props) {
  const { shown } = useColorScheme()
  const other = shown === 'dark' ? 'light' : 'dark'
  return (
    <div className={css['lintel']}>
      <Link to={page.home} className={css['brand']} aria-label={`${session.portal.title}, home`}>
        <Mark />
        <span className={css['word']}>
          <Wordmark />
        </span>
      </Link>
      <button
        type="button"
        className={`${css['finder'] ?? ''} wide`}
        onClick={onFind}
        aria-keyshortcuts="Meta+K Control+K"
      >
        <Icon of={Search} />
        <span className="grow cut">Find a service, API, team or person</span>
        <kbd>{modKey} K</kbd>
      </button>
      <span className="narrow" />
      <div className={css['tools']}>
        <span className="narrow">
          <IconButton label="Search" onClick={onFind}>
            <Icon of={Search} size={18} />
          </IconButton>
        </span>
        <IconButton
          label={`Switch to the ${other} theme`}
          onClick={() => {
            setColorScheme(other)
          }}
        >
          <Icon of={Contrast} />
        </IconButton>
        <Me session={session} onKeys={onKeys} />
      </div>
    </div>
  )
}

function Me({ session, onKeys }: Omit<Props, 'onFind'>) {
  const [wanted, setWanted] = useState(false)
  const name = session.principal?.displayName ?? 'Not signed in'
  const face = (
    <button
      type="button"
      className={css['me']}
      aria-label={`${name}: your session`}
      aria-haspopup="menu"
      onClick={() => {
        setWanted(true)
      }}
    >
      <Monogram title={name} person size="large" />
    </button>
  )
  if (!wanted) return face
  return (
    <Suspense fallback={face}>
      <MeMenu session={session} onKeys={onKeys} className={css['me'] ?? ''} />
    </Suspense>
  )
}
