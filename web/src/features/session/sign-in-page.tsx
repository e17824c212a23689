import { Link, useSearch } from '@tanstack/react-router'
import { Contrast, KeyRound } from 'lucide-react'
import { setColorScheme, useColorScheme } from '../../lib/color-scheme.ts'
import type { SignInProvider } from '../../lib/portico.ts'
import { useSession } from '../../lib/session.ts'
import { page } from '../../lib/paths.ts'
import { useTitle } from '../../lib/title.ts'
import { withQuery } from '../../lib/api.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Mark, Wordmark } from '../../ui/mark.tsx'
import { Strip } from '../../ui/strip.tsx'
import { PorticoDrawing } from './portico-drawing.tsx'
import { signInError, signInErrorId } from './sign-in-errors.ts'
import css from './sign-in.module.css'

/** Who are you? Names the ways in that the operator configured, or says that there is none and what opens one. */
export function SignInPage() {
  const session = useSession()
  const { to, error, id } = useSearch({ strict: false }) as { to?: string; error?: string; id?: string }
  const { shown } = useColorScheme()
  // A name that the configuration leaves out comes as an empty one.
  const house = [session.portal.organization, session.portal.title, 'Portico'].find(Boolean)
  const providers = session.signIn?.providers ?? []
  useTitle('Sign in')
  return (
    <main className={css['page']}>
      <div className={css['art']}>
        <PorticoDrawing />
        <div className={css['brand']}>
          <Mark size={27} />
          <Wordmark height={21} />
        </div>
      </div>
      <div className={css['side']}>
        <div className={css['box']}>
          <h1 tabIndex={-1}>Sign in to {house}</h1>
          <p className={css['lead']}>Everything we run, who looks after it, and how to build the next one.</p>
          {error && <Failed code={error} id={signInErrorId(id)} />}
          {providers.length > 0 ? <Providers providers={providers} to={to} /> : <NoProviders />}
          {session.guest && (
            <p className={css['guest']}>
              Or <Link to={page.home}>look around as a guest</Link>.
            </p>
          )}
        </div>
        <footer className={css['foot']}>
          <span>Portico {session.version}</span>
          <Button
            variant="subtle"
            size="xs"
            leftSection={<Icon of={Contrast} size={14} />}
            onClick={() => {
              setColorScheme(shown === 'dark' ? 'light' : 'dark')
            }}
          >
            Theme
          </Button>
        </footer>
      </div>
    </main>
  )
}

function Failed({ code, id }: { code: string; id: string | undefined }) {
  const { what, next } = signInError(code)
  return (
    <div className={css['error']}>
      <Strip shape="bad" alert>
        <b>You are not signed in.</b> {what} {next} {id && <span className="quiet small">Error {id}</span>}
      </Strip>
    </div>
  )
}

function Providers({ providers, to }: { providers: SignInProvider[]; to: string | undefined }) {
  return (
    <ul className={css['providers']}>
      {providers.map(({ id, title, url }, i) => (
        <li key={id}>
          <a
            className={`${css['provider'] ?? ''} ${i === 0 ? (css['first'] ?? '') : ''}`}
            href={withQuery(url, { redirectUrl: to })}
          >
            <Icon of={KeyRound} />
            Continue with {title}
          </a>
        </li>
      ))}
    </ul>
  )
}

const example = `auth:
  environment: production
  providers:
    oidc:
      production:
        metadataUrl: https://id.example.com
        clientId: \${OIDC_CLIENT_ID}
        clientSecret: \${OIDC_CLIENT_SECRET}
        signIn:
          resolvers:
            - resolver: emailMatchingUserEntityProfileEmail`

function NoProviders() {
  return (
    <div className={css['none']}>
      <Strip shape="unknown">
        <b>Nobody can sign in yet.</b> No way to sign in is configured for this portal.
      </Strip>
      <p className="muted">
        Who runs it adds the company’s provider under <code>auth.providers</code> in <code>app-config.yaml</code>:
      </p>
      {/* What scrolls must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={css['example']} tabIndex={0} role="region" aria-label="An example">
        {example}
      </pre>
      <p className="muted">
        Or, for a portal where everyone may look around without an account, <code>guest: {'{}'}</code> in place of{' '}
        <code>oidc</code>. Then restart Portico and reload this page. Scripts go on using their tokens.
      </p>
    </div>
  )
}
