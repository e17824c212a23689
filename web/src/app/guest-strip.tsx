import { Link, useLocation } from '@tanstack/react-router'
import { page } from '../lib/paths.ts'
import type { Session } from '../lib/portico.ts'
import { allowed } from '../lib/session.ts'
import css from './shell.module.css'

/** Says, above everything, that nobody signed in or that the data is a sample. */
export function GuestStrip({ session }: { session: Session }) {
  const words = stripWords(session)
  if (!words) return null
  return (
    <div className={css['guest']}>
      <span>
        <b>{words.lead}</b> {words.rest}
      </span>
      {session.guest && (session.signIn?.providers.length ?? 0) > 0 && <Door />}
    </div>
  )
}

/** The way in for a guest, and back to where they are. */
function Door() {
  const to = useLocation({ select: (at) => at.href })
  return (
    <Link to={page.signIn} search={{ to }} className={css['door']}>
      Sign in
    </Link>
  )
}

export function stripWords(session: Session): { lead: string; rest: string } | null {
  if (session.trial) {
    return {
      lead: 'This is a trial portal.',
      rest: session.sampleData
        ? 'It shows the sample company Marrowby; anyone who reaches it is a guest.'
        : 'Anyone who reaches it is a guest, and its data goes when it stops.',
    }
  }
  if (session.guest) {
    const change = allowed(session, 'catalog.ingestion.manage')
    return {
      lead: 'You are a guest.',
      rest: session.sampleData
        ? `You see sample data${change ? ' and may change it' : ''}.`
        : (session.signIn?.providers.length ?? 0) > 0
          ? `You see what everybody may see${change ? ', and may change it' : ''}.`
          : `Nobody has to sign in${change ? ', and whoever is here may change the catalog' : ' to this portal'}.`,
    }
  }
  return session.sampleData ? { lead: 'You see sample data.', rest: '' } : null
}
