import { Link } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import { keepsSettings, useSession } from '../../lib/session.ts'

/** Where it is kept: with the person, or in this browser alone. */
export function KeptWords() {
  const session = useSession()
  if (keepsSettings(session))
    return <p className="muted">It goes with you: every browser that you sign in with shows it.</p>
  const canSignIn = session.guest === true && (session.signIn?.providers.length ?? 0) > 0
  return (
    <p className="muted">
      It is kept in this browser.{' '}
      {canSignIn && (
        <>
          <Link to={page.signIn} search={{ to: page.appearance }} className="link">
            Sign in
          </Link>{' '}
          to have settings that go with you; what a guest chose stays here.
        </>
      )}
    </p>
  )
}
