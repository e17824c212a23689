import { useSuspenseQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { page } from '../../lib/paths.ts'
import type { NewToken, Token } from '../../lib/portico.ts'
import { ErrorStrip } from '../../ui/strip.tsx'
import { servicesQuery, useMakeService, useRevokeService, useRotateService } from './api.ts'
import { Confirm } from './confirm.tsx'
import { Revoke, TokensView } from './tokens-view.tsx'

const SecretDialog = lazy(async () => ({ default: (await import('./token-dialog.tsx')).SecretDialog }))

const MAY = 'portico.token.manage'

/** Which services get in, when were they last here, and which need a new secret? */
export function ServicesPage() {
  const list = useSuspenseQuery(servicesQuery).data
  // A new secret outlives its row: rotation moves the row in the list.
  const [rotated, setRotated] = useState<NewToken>()
  return (
    <TokensView
      title="Service tokens"
      may={MAY}
      here={page.services}
      list={list}
      newWords="New service token"
      hint="The service, in small letters: its changes are recorded as service:NAME."
      none={{
        title: 'Let a pipeline in',
        words:
          'A service token belongs to no one, so a pipeline keeps working after the person who set it up has left. It may do what its scopes say, and nothing else.',
      }}
      useMake={useMakeService}
      actions={(token) => <Actions token={token} days={list.defaultDays} onRotated={setRotated} />}
    >
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
    </TokensView>
  )
}

interface ActionsProps {
  token: Token
  days: number
  onRotated: (token: NewToken) => void
}

function Actions({ token, days, onRotated }: ActionsProps) {
  const rotate = useRotateService()
  return (
    <>
      {rotate.error && <ErrorStrip error={rotate.error} what="The secret is as it was." />}
      <Confirm
        may={MAY}
        words="New secret"
        label={`New secret for ${token.name}`}
        sure="Make one"
        note="The old one lasts a day more."
        busy={rotate.isPending}
        onSure={() => {
          void rotate.mutateAsync({ id: token.id, days }).then(onRotated, () => undefined)
        }}
      />
      <Revoke may={MAY} token={token} revoke={useRevokeService()} what={`The token of ${token.name}`} />
    </>
  )
}
