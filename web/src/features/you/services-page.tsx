import { useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useNow } from '../../lib/now.ts'
import { page } from '../../lib/paths.ts'
import type { NewToken, Token } from '../../lib/portico.ts'
import { ActionLink } from '../../ui/action.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { servicesQuery, useMakeService, useRevokeService, useRotateService } from './api.ts'
import { Confirm } from './confirm.tsx'
import { Frame } from './frame.tsx'
import { TokenRows } from './token-list.tsx'
import { tokensHeadline } from './words.ts'
import type { TokensSearch } from './you-search.ts'
import css from './you.module.css'

const TokenDialog = lazy(async () => ({ default: (await import('./token-dialog.tsx')).TokenDialog }))
const SecretDialog = lazy(async () => ({ default: (await import('./token-dialog.tsx')).SecretDialog }))

/** Which services get in, when were they last here, and which need a new secret? */
export function ServicesPage() {
  const list = useSuspenseQuery(servicesQuery).data
  const now = useNow()
  const { new: open }: TokensSearch = useSearch({ strict: false })
  // A new secret outlives its row: rotation moves the row in the list.
  const [rotated, setRotated] = useState<NewToken>()
  const { fine, needs } = tokensHeadline(list.items, now)
  return (
    <Frame
      title="Tokens of services"
      heading={
        <>
          <span className={needs ? 'quiet' : undefined}>{fine}</span> {needs}
        </>
      }
      action={
        <ActionLink may="portico.token.manage" to={page.services} search={{ new: 'token' }} variant="filled">
          New token of a service
        </ActionLink>
      }
    >
      {list.items.length === 0 ? (
        <div className={css['empty']}>
          <EmptyState door="lit" title="No service has a token yet">
            <p>
              A token of a service is nobody&apos;s: a pipeline goes on when the person who set it up has left. It may
              do what its scopes say, and nothing else.
            </p>
          </EmptyState>
        </div>
      ) : (
        <TokenRows
          label="Tokens of services"
          items={list.items}
          scopes={list.scopes}
          actions={(token) => <Actions token={token} days={list.defaultDays} onRotated={setRotated} />}
        />
      )}
      {open && <NewDialog />}
      {rotated && (
        <Suspense>
          <SecretDialog
            token={rotated}
            onClose={() => {
              setRotated(undefined)
            }}
          />
        </Suspense>
      )}
    </Frame>
  )
}

function NewDialog() {
  const list = useSuspenseQuery(servicesQuery).data
  const make = useMakeService()
  const navigate = useNavigate()
  return (
    <Suspense>
      <TokenDialog
        title="New token of a service"
        hint="The service, in small letters: its changes are recorded as service:NAME."
        list={list}
        make={make}
        onClose={() => void navigate({ to: page.services, search: {}, replace: true })}
      />
    </Suspense>
  )
}

interface ActionsProps {
  token: Token
  days: number
  onRotated: (token: NewToken) => void
}

function Actions({ token, days, onRotated }: ActionsProps) {
  const rotate = useRotateService()
  const revoke = useRevokeService()
  const error = rotate.error ?? revoke.error
  return (
    <>
      {error && <ErrorStrip error={error} what="The token is as it was." />}
      <Confirm
        may="portico.token.manage"
        words="New secret"
        label={`New secret for ${token.name}`}
        sure={`Make one; the old one lasts a day more`}
        busy={rotate.isPending}
        onSure={() => {
          void rotate.mutateAsync({ id: token.id, days }).then(onRotated, () => undefined)
        }}
      />
      <Confirm
        may="portico.token.manage"
        words="Revoke"
        label={`Revoke ${token.name}`}
        sure="Revoke for good"
        busy={revoke.isPending}
        onSure={() => {
          revoke.mutate(token.id, {
            onSuccess: () => {
              say(`The token of ${token.name} is revoked. What uses it is refused within seconds.`)
            },
          })
        }}
      />
    </>
  )
}
