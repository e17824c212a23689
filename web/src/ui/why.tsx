import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import type { RefObject } from 'react'
import { keys } from '../lib/keys.ts'
import { decidedWords, mayNotWords, remedyWords, roleWords, whyQuery } from '../lib/may.ts'
import { page } from '../lib/paths.ts'
import type { Explanation } from '../lib/portico.ts'
import { useSession } from '../lib/session.ts'
import { Button, LinkButton } from './button.tsx'
import { usePlace } from './place.ts'
import { errorSentence } from './strip.tsx'
import css from './why.module.css'

interface Props {
  titleId: string
  may: string
  on?: string | undefined
  /** The button that was pressed. */
  beside: RefObject<HTMLButtonElement | null>
}

/** Why the person may not: which policy says so, which role would do, whom to ask. Asked for when it is opened. */
export function Why({ titleId, may, on, beside }: Props) {
  const { data, error } = useQuery({ ...whyQuery(may, on), staleTime: 0 })
  const box = usePlace(beside)
  return (
    <div ref={box} className={css['why']}>
      <h2 id={titleId}>Why can’t I?</h2>
      <div aria-live="polite" className={css['why']}>
        {error ? (
          <p>{errorSentence(error)}</p>
        ) : data ? (
          data.allowed ? (
            <Changed />
          ) : (
            <Reasons may={may} on={on} why={data} />
          )
        ) : (
          <p className="quiet">Asking the portal…</p>
        )}
      </div>
      <p className={`${css['fact'] ?? ''} quiet small`}>
        Permission <span className="mono">{may}</span>
        {on && (
          <>
            {' on '}
            <span className="mono">{on}</span>
          </>
        )}
      </p>
    </div>
  )
}

function Reasons({ may, on, why }: Pick<Props, 'may' | 'on'> & { why: Explanation }) {
  const session = useSession()
  const here = useLocation({ select: (l) => l.href })
  const canSignIn = session.guest && (session.signIn?.providers.length ?? 0) > 0
  return (
    <>
      <p>
        <b>{mayNotWords(may, on !== undefined)}</b> {decidedWords(why)}
      </p>
      <p>{roleWords(why)}</p>
      <p>{remedyWords(why, session)}</p>
      {canSignIn && (
        <p>
          <LinkButton to={page.signIn} search={{ to: here }} size="xs">
            Sign in
          </LinkButton>
        </p>
      )}
    </>
  )
}

/** The policies or roles are others than when the page was loaded. */
function Changed() {
  const client = useQueryClient()
  return (
    <>
      <p>
        <b>You may, by now.</b> The policies or your roles changed since this page was loaded.
      </p>
      <p>
        <Button size="xs" onClick={() => void client.invalidateQueries({ queryKey: keys.session })}>
          Look again
        </Button>
      </p>
    </>
  )
}
