import { useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, type ReactNode } from 'react'
import { useNow } from '../../lib/now.ts'
import type { Token, TokenList } from '../../lib/portico.ts'
import { ActionLink } from '../../ui/action.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import type { MakeToken, useRevokeToken } from './api.ts'
import { Confirm } from './confirm.tsx'
import { Frame } from './frame.tsx'
import { TokenRows } from './token-list.tsx'
import { tokensHeadline } from './words.ts'
import type { TokensSearch } from './you-search.ts'
import css from './you.module.css'

const TokenDialog = lazy(async () => ({ default: (await import('./token-dialog.tsx')).TokenDialog }))

interface Props {
  title: string
  /** The permission that a change takes. */
  may: string
  /** The page's own path: the dialog is a part of its address. */
  here: string
  list: TokenList
  /** What the button and the dialog are called. */
  newWords: string
  /** What the name of a new one is for. */
  hint: string
  /** What is said where there is none yet. */
  none: { title: string; words: ReactNode }
  useMake: () => MakeToken
  /** What can be done about one that is in use. */
  actions: (token: Token) => ReactNode
  children?: ReactNode
}

/** A page of tokens: the sentence, the list, and the dialog that makes one. */
export function TokensView({ title, may, here, list, newWords, hint, none, useMake, actions, children }: Props) {
  const now = useNow()
  const { new: open }: TokensSearch = useSearch({ strict: false })
  const { fine, needs } = tokensHeadline(list.items, now)
  const empty = list.items.length === 0
  const make = (
    <ActionLink may={may} to={here} search={{ new: 'token' }} variant="filled">
      {newWords}
    </ActionLink>
  )
  return (
    <Frame
      title={title}
      heading={
        <>
          <span className={needs ? 'quiet' : undefined}>{fine}</span> {needs}
        </>
      }
      action={!empty && make}
    >
      {empty ? (
        <div className={css['empty']}>
          <EmptyState door="lit" title={none.title} actions={make}>
            <p>{none.words}</p>
          </EmptyState>
        </div>
      ) : (
        <TokenRows
          label={title}
          items={list.items}
          scopes={[...list.scopes, ...(list.withheld ?? [])]}
          actions={actions}
        />
      )}
      {open && <NewDialog title={newWords} hint={hint} list={list} here={here} useMake={useMake} />}
      {children}
    </Frame>
  )
}

type NewProps = Pick<Props, 'title' | 'hint' | 'list' | 'here' | 'useMake'>

/** The mutation lives as long as the dialog: the secret that it answers goes with it. */
function NewDialog({ title, hint, list, here, useMake }: NewProps) {
  const make = useMake()
  const navigate = useNavigate()
  return (
    <Suspense>
      <TokenDialog
        title={title}
        hint={hint}
        list={list}
        make={make}
        onClose={() => void navigate({ to: here, search: {}, replace: true })}
      />
    </Suspense>
  )
}

interface RevokeProps {
  may: string
  token: Token
  revoke: ReturnType<typeof useRevokeToken>
  /** "The token laptop". */
  what: string
}

export function Revoke({ may, token, revoke, what }: RevokeProps) {
  return (
    <>
      {revoke.error && <ErrorStrip error={revoke.error} what="The token was not revoked." />}
      <Confirm
        may={may}
        words="Revoke"
        label={`Revoke ${token.name}`}
        sure="Revoke for good"
        busy={revoke.isPending}
        onSure={() => {
          revoke.mutate(token.id, {
            onSuccess: () => {
              say(`${what} is revoked. What uses it is refused within seconds.`)
            },
          })
        }}
      />
    </>
  )
}
