import { useSuspenseQuery } from '@tanstack/react-query'
import { useLocation, useSearch } from '@tanstack/react-router'
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { copyText } from '../../lib/clipboard.ts'
import { page } from '../../lib/paths.ts'
import { useSession } from '../../lib/session.ts'
import { useTitle } from '../../lib/title.ts'
import { Button, LinkButton } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ErrorStrip, Strip } from '../../ui/strip.tsx'
import { tokensQuery, useAllowLogin } from './api.ts'
import { Secret } from './secret.tsx'
import { DaysField, ScopeFields } from './token-fields.tsx'
import { loginRequest, type LoginRequest, type LoginSearch } from './you-search.ts'
import css from './you.module.css'

/** `portico login` wants a token. Was that you, and how much may it have? */
export function LoginPage() {
  useTitle('Allow the command line')
  const session = useSession()
  const { href } = useLocation()
  const search: LoginSearch = useSearch({ strict: false })
  const asked = loginRequest(search)
  if (!asked)
    return (
      <div className="page">
        <EmptyState
          asPage
          door="open"
          title="This sign-in link is incomplete"
          actions={
            <>
              <CopyCommand />
              <LinkButton to={page.home} variant="subtle">
                Home
              </LinkButton>
            </>
          }
        >
          <p>
            Run <code>portico login</code> again and open the whole link.
          </p>
        </EmptyState>
      </div>
    )
  if (session.principal?.type !== 'user')
    return (
      <div className="page">
        <EmptyState
          asPage
          door="shut"
          title="Sign in first"
          actions={
            (session.signIn?.providers.length ?? 0) > 0 && (
              <LinkButton to={page.signIn} search={{ to: href }}>
                Sign in
              </LinkButton>
            )
          }
        >
          <p>The command line gets a token of somebody, and a guest is nobody.</p>
        </EmptyState>
      </div>
    )
  return <Consent asked={asked} />
}

/** The command with this portal's address, to paste into a terminal. */
function CopyCommand() {
  const [state, setState] = useState<'new' | 'copied' | 'refused'>('new')
  const command = `portico login --url ${window.location.origin}`
  if (state === 'refused') return <code>{command}</code>
  return (
    <Button
      leftSection={<Icon of={state === 'copied' ? Check : Copy} size={14} />}
      onClick={() => {
        void copyText(command).then((done) => {
          setState(done ? 'copied' : 'refused')
        })
      }}
    >
      {state === 'copied' ? 'Copied' : 'Copy the command'}
    </Button>
  )
}

function Consent({ asked }: { asked: LoginRequest }) {
  const session = useSession()
  const list = useSuspenseQuery(tokensQuery).data
  const allow = useAllowLogin()
  const [refused, setRefused] = useState(false)
  const [scopes, setScopes] = useState(asked.scopes)
  const [days, setDays] = useState(Math.min(asked.days, list.maxDays))
  const name = `Portico CLI on ${asked.host}`
  if (refused)
    return (
      <div className="page">
        <EmptyState asPage door="shut" title="Nothing was allowed">
          <p>No token was made. You can close this page, and stop the command with Ctrl-C.</p>
        </EmptyState>
      </div>
    )
  if (allow.data) return <Done code={allow.data.code} />
  const send = () => {
    allow.mutate(
      { name, scopes, days, challenge: asked.challenge, port: asked.port, state: asked.state },
      {
        onSuccess: ({ redirect }) => {
          if (redirect) window.location.assign(redirect)
        },
      },
    )
  }
  return (
    <div className="page">
      <div className={css['consent']}>
        <h1 tabIndex={-1}>
          Portico CLI on <span className={css['whole']}>{asked.host}</span> wants a token of yours
        </h1>
        <p className="muted">
          With it, the command line acts as {session.principal?.displayName}, within what you allow here. Allow it only
          if you just ran <code>portico login</code> yourself
          {asked.port === 0 && ', and give the code that follows to nobody'}.
        </p>
        <form
          className={css['form']}
          onSubmit={(e) => {
            e.preventDefault()
            send()
          }}
        >
          <ScopeFields scopes={list.scopes} chosen={scopes} onChange={setScopes} />
          <DaysField days={days} usual={asked.days} most={list.maxDays} onChange={setDays} />
          {allow.error && <ErrorStrip error={allow.error} what="Nothing was allowed." />}
          <div className={css['foot']}>
            <Button
              onClick={() => {
                setRefused(true)
              }}
            >
              Refuse
            </Button>
            <Button type="submit" variant="filled" disabled={allow.isPending || scopes.length === 0}>
              Allow
            </Button>
          </div>
        </form>
      </div>
    </div>
  )
}

function Done({ code }: { code: string | undefined }) {
  return (
    <div className="page">
      <div className={css['consent']}>
        <h1 tabIndex={-1}>{code ? 'Take this code to the command' : 'Allowed'}</h1>
        {code ? (
          <>
            <p className="muted">
              Paste it where <code>portico login</code> waits for it, within two minutes. It is of use to that command
              alone.
            </p>
            <Secret text={code} name="The code" />
          </>
        ) : (
          <Strip shape="ok">
            The command has what it needs. If it says nothing, it no longer runs: start <code>portico login</code>{' '}
            again.
          </Strip>
        )}
      </div>
    </div>
  )
}
