import { Link, useSearch } from '@tanstack/react-router'
import { Check, Contrast, Copy, KeyRound } from 'lucide-react'
import { useState } from 'react'
import { copyText } from '../../lib/clipboard.ts'
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
          <h1 tabIndex={-1}>{providers.length > 0 ? `Sign in to ${house ?? ''}` : 'Nobody can sign in yet'}</h1>
          {providers.length > 0 && (
            <p className={css['lead']}>Everything we run, who looks after it, and how to build the next one.</p>
          )}
          {error && <Failed code={error} id={signInErrorId(id)} />}
          {providers.length > 0 ? (
            <Providers providers={providers} to={to} />
          ) : (
            <NoProviders guest={session.guest === true} />
          )}
          {session.guest && (
            <p className={css['guest']}>
              Or <Link to={page.home}>look around as a guest</Link>.
            </p>
          )}
        </div>
        <footer className={css['foot']}>
          <Version version={session.version} />
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

/** A release has a number; what was built in between has the hash of its commit, which says nothing to who signs in. */
function Version({ version }: { version: string }) {
  if (/^\d|^v\d/.test(version)) return <span>Portico {version}</span>
  return <span title={version}>Portico, development build</span>
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

function NoProviders({ guest }: { guest: boolean }) {
  const [state, setState] = useState<'new' | 'copied' | 'refused'>('new')
  const copy = async () => {
    setState((await copyText(example)) ? 'copied' : 'refused')
  }
  return (
    <div className={css['none']}>
      <p className="muted">
        Whoever runs Portico adds a provider to <code>app-config.yaml</code>:
      </p>
      <div className={css['example']}>
        <pre aria-label="An example" role="region">
          {example}
        </pre>
        <Button
          size="xs"
          leftSection={<Icon of={state === 'copied' ? Check : Copy} size={14} />}
          onClick={() => void copy()}
        >
          {state === 'copied' ? 'Copied' : 'Copy'}
        </Button>
        <span className="small" role="status">
          {state === 'refused' && 'The browser does not let the page copy. Select the lines and copy them.'}
          {state === 'copied' && <span className="sr">The example is copied.</span>}
        </span>
      </div>
      <p className="muted">
        {!guest && (
          <>
            Or, for a portal where everyone may look around without an account, <code>guest: {'{}'}</code> in place of{' '}
            <code>oidc</code>.{' '}
          </>
        )}
        Then restart Portico and reload this page. Scripts go on using their tokens.
      </p>
    </div>
  )
}
