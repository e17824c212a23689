import { useSuspenseQuery } from '@tanstack/react-query'
import { page } from '../../lib/paths.ts'
import type { Token } from '../../lib/portico.ts'
import { tokensQuery, useMakeToken, useRevokeToken } from './api.ts'
import { Revoke, TokensView } from './tokens-view.tsx'

const MAY = 'portico.me.manage'

/** Which scripts of mine get in, and do they need something? */
export function TokensPage() {
  const list = useSuspenseQuery(tokensQuery).data
  return (
    <TokensView
      title="Your tokens"
      may={MAY}
      here={page.tokens}
      list={list}
      newWords="New token"
      hint="By which you know it again: the script, the machine."
      none={{
        title: 'Let a script act in your name',
        words: (
          <>
            A token lets it use the API within what you allow. For a terminal, run <code>portico login</code>, which
            makes one.
          </>
        ),
      }}
      useMake={useMakeToken}
      actions={(token) => <Mine token={token} />}
    />
  )
}

function Mine({ token }: { token: Token }) {
  return <Revoke may={MAY} token={token} revoke={useRevokeToken()} what={`The token ${token.name}`} />
}
