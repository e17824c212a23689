import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { page } from '../../lib/paths.ts'
import type { Profile } from '../../lib/portico.ts'
import { useSession } from '../../lib/session.ts'
import { capital, count, kindWords, number } from '../../lib/words.ts'
import { LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { EntityLink } from '../../ui/entity-link.tsx'
import { KindGlyph } from '../../ui/kind-glyph.tsx'
import { Monogram } from '../../ui/owner.tsx'
import { Section } from '../../ui/section.tsx'
import { profileQuery } from './api.ts'
import { Frame } from './frame.tsx'
import css from './you.module.css'

/** Who am I here, and what is mine? */
export function ProfilePage() {
  const session = useSession()
  const profile = useSuspenseQuery(profileQuery).data
  const guest = session.guest === true
  return (
    <Frame title="You" heading={guest ? 'You look around as a guest.' : profile.displayName}>
      {!guest && (
        <div className={css['who']}>
          <Monogram title={profile.displayName} person size="large" />
          <div>
            <p>{profile.email || 'The catalog has no e-mail address of yours.'}</p>
            <p className="quiet small mono">{profile.ref}</p>
          </div>
        </div>
      )}
      {profile.inCatalog ? <Mine profile={profile} /> : guest ? <GuestWords /> : <NotInCatalog />}
    </Frame>
  )
}

function Mine({ profile: { ref, teams, owns } }: { profile: Profile }) {
  const owners = [ref, ...teams]
  const total = owns.reduce((sum, { count: n }) => sum + n, 0)
  return (
    <>
      <Section title="Your teams" note={teams.length > 0 && number(teams.length)}>
        {teams.length === 0 ? (
          <p className="muted">
            You are in no team. Teams stand in <code>spec.memberOf</code> of your User entity.
          </p>
        ) : (
          <ul className={`${css['list'] ?? ''} hairlines`}>
            {teams.map((team) => (
              <li key={team} className={css['line']}>
                <EntityLink entityRef={team} />
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="What you own" note={total > 0 && `${count(total, 'entity', 'entities')}, with your teams`}>
        {total === 0 ? (
          <p className="muted">
            Nothing in the catalog names you or a team of yours as its owner.{' '}
            <Link to={page.catalog} search={{ kind: 'component' }} className="link">
              See the catalog
            </Link>
          </p>
        ) : (
          <ul className={`${css['list'] ?? ''} hairlines`}>
            {owns.map(({ kind, count: n }) => (
              <li key={kind}>
                <Link to={page.catalog} search={{ kind, owner: owners }} className={css['line']}>
                  <KindGlyph kind={kind} />
                  <span>{capital(kindWords(kind).many)}</span>
                  <span className="num quiet end">{number(n)}</span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}

function GuestWords() {
  const session = useSession()
  const canSignIn = (session.signIn?.providers.length ?? 0) > 0
  return (
    <div className={css['empty']}>
      <EmptyState
        door="open"
        title={canSignIn ? 'Nobody is signed in' : 'Nobody can sign in here yet'}
        actions={
          <>
            {canSignIn ? (
              <LinkButton to={page.signIn} search={{ to: page.you }}>
                Sign in
              </LinkButton>
            ) : (
              <LinkButton to={page.signIn}>How to set up sign-in</LinkButton>
            )}
            <LinkButton to={page.appearance} variant="subtle">
              Appearance
            </LinkButton>
          </>
        }
      >
        <p>
          {!canSignIn && 'Whoever runs Portico adds a provider. '}
          Your teams, what you own, your sessions and tokens stand here once you sign in.
        </p>
      </EmptyState>
    </div>
  )
}

function NotInCatalog() {
  return (
    <div className={css['empty']}>
      <EmptyState door="open" title="The catalog has no User that is you">
        <p>
          You were let in without one. A User entity with your name gives you teams, and with them what you own stands
          here.
        </p>
      </EmptyState>
    </div>
  )
}
