import { useLocation, useNavigate } from '@tanstack/react-router'
import { copyText } from '../../lib/clipboard.ts'
import { setColorScheme, useColorScheme } from '../../lib/color-scheme.ts'
import { setDensity, useDensity } from '../../lib/density.ts'
import { columnFolded, singleKeys } from '../../lib/preference.ts'
import { allowed, useSession } from '../../lib/session.ts'
import { signOut } from '../../lib/sign-out.ts'
import { useStars, useToggleStar } from '../../lib/stars.ts'
import { say } from '../../ui/toast.tsx'
import { entityAt, type Do, type World } from './actions.ts'

/** What the actions of the finder know and change. */
export function useWorld(showKeys: () => void): World {
  const session = useSession()
  const { shown } = useColorScheme()
  const rows = useDensity()
  const stars = useStars()
  const toggleStar = useToggleStar()
  const keysOn = singleKeys.use()
  return {
    may: (permission) => allowed(session, permission),
    signedIn: session.principal?.type === 'user' && !session.guest,
    canSignIn: session.guest === true && (session.signIn?.providers.length ?? 0) > 0,
    dark: shown === 'dark',
    compact: rows === 'compact',
    starred: (ref) => stars.has(ref),
    singleKeys: keysOn,
    copyRef: (ref) => {
      void copyText(ref).then((copied) => {
        say(copied ? `Copied ${ref}.` : `The browser did not let it be copied: ${ref}`)
      })
    },
    toggleStar,
    setScheme: setColorScheme,
    setDensity,
    toggleColumn: () => {
      columnFolded.set(!columnFolded.get())
    },
    toggleSingleKeys: () => {
      singleKeys.set(!keysOn)
    },
    showKeys,
    signOut: () => {
      signOut(false).catch(() => {
        say('You are still signed in: Portico does not answer. Try again.')
      })
    },
    leave: (to) => {
      window.location.assign(to)
    },
  }
}

/** The entity on whose page the finder was opened. */
export function useHere(): string | undefined {
  return entityAt(useLocation().pathname)
}

/** Goes to an entity or does an action; a new tab only for what leads somewhere. */
export function useGo(close: () => void) {
  const navigate = useNavigate()
  return ({ to, search, run }: Pick<Do, 'to' | 'search' | 'run'>, newTab = false) => {
    if (to !== undefined && newTab) {
      const query = new URLSearchParams(
        Object.entries(search ?? {}).flatMap(([k, v]) => [v].flat().map((one) => [k, one])),
      )
      window.open(query.size > 0 ? `${to}?${query.toString()}` : to, '_blank', 'noopener')
      return
    }
    close()
    if (to === undefined) run?.()
    else void navigate({ to, search: search ?? {} })
  }
}
