import { useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useNow } from '../../lib/now.ts'
import { page } from '../../lib/paths.ts'
import type { Token } from '../../lib/portico.ts'
import { ActionLink } from '../../ui/action.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { tokensQuery, useMakeToken, useRevokeToken } from './api.ts'
import { Confirm } from './confirm.tsx'
import { Frame } from './frame.tsx'
import { TokenRows } from './token-list.tsx'
import { tokensHeadline } from './words.ts'
import type { TokensSearch } from './you-search.ts'
import css from './you.module.css'

const TokenDialog = lazy(async () => ({ default: (await import('./token-dialog.tsx')).TokenDialog }))

/** Which scripts of mine get in, and do they need something? */
export function TokensPage() {
  const list = useSuspenseQuery(tokensQuery).data
  const now = useNow()
  const { new: open }: TokensSearch = useSearch({ strict: false })
  const { fine, needs } = tokensHeadline(list.items, now)
  return (
    <Frame
      title="Your tokens"
      heading={
        <>
          <span className={needs ? 'quiet' : undefined}>{fine}</span> {needs}
        </>
      }
      action={
        <ActionLink may="portico.me.manage" to={page.tokens} search={{ new: 'token' }} variant="filled">
          New token
        </ActionLink>
      }
    >
      {list.items.length === 0 ? (
        <div className={css['empty']}>
          <EmptyState door="lit" title="No token yet">
            <p>
              A token lets a script of yours use the API in your name, within what you allow it. For a terminal of yours
              run <code>portico login</code>, which makes one.
            </p>
          </EmptyState>
        </div>
      ) : (
        <TokenRows
          label="Tokens"
          items={list.items}
          scopes={list.scopes}
          actions={(token) => <Revoke token={token} />}
        />
      )}
      {open && <NewDialog />}
    </Frame>
  )
}

function NewDialog() {
  const list = useSuspenseQuery(tokensQuery).data
  const make = useMakeToken()
  const navigate = useNavigate()
  return (
    <Suspense>
      <TokenDialog
        title="New token"
        hint="By which you know it again: the script, the machine."
        list={list}
        make={make}
        onClose={() => void navigate({ to: page.tokens, search: {}, replace: true })}
      />
    </Suspense>
  )
}

function Revoke({ token }: { token: Token }) {
  const revoke = useRevokeToken()
  return (
    <>
      {revoke.error && <ErrorStrip error={revoke.error} what="The token was not revoked." />}
      <Confirm
        may="portico.me.manage"
        words="Revoke"
        label={`Revoke ${token.name}`}
        sure="Revoke for good"
        busy={revoke.isPending}
        onSure={() => {
          revoke.mutate(token.id, {
            onSuccess: () => {
              say(`The token ${token.name} is revoked. What uses it is refused within seconds.`)
            },
          })
        }}
      />
    </>
  )
}
