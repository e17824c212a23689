import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import { useLayoutEffect, useRef, type RefObject } from 'react'
import { keys } from '../lib/keys.ts'
import { decidedWords, mayNotWords, remedyWords, roleWords, whyQuery } from '../lib/may.ts'
import { page } from '../lib/paths.ts'
import type { Explanation } from '../lib/portico.ts'
import { useSession } from '../lib/session.ts'
import { Button, LinkButton } from './button.tsx'
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

const GAP = 6
const EDGE = 16

/** Puts the popover under the button, or above it where there is no room, and never beside the window. */
function usePlace(beside: RefObject<HTMLButtonElement | null>) {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const popover = box.current?.parentElement
    const button = beside.current
    if (!popover || !button) return
    const place = () => {
      const at = button.getBoundingClientRect()
      const { offsetWidth: width, offsetHeight: height } = popover
      const { clientWidth, clientHeight } = document.documentElement
      const below = at.bottom + GAP + height <= clientHeight - EDGE || at.top - GAP - height < EDGE
      const left = Math.max(EDGE, Math.min(at.left, clientWidth - EDGE - width))
      popover.style.left = `${String(left + window.scrollX)}px`
      popover.style.top = `${String((below ? at.bottom + GAP : at.top - GAP - height) + window.scrollY)}px`
    }
    place()
    const grows = new ResizeObserver(place)
    grows.observe(popover)
    window.addEventListener('resize', place)
    return () => {
      grows.disconnect()
      window.removeEventListener('resize', place)
    }
  }, [beside])
  return box
}
