import { useState } from 'react'
import { isApiError } from '../../lib/api-error.ts'
import type { Source } from '../../lib/portico.ts'
import { count, number } from '../../lib/words.ts'
import { ActionButton } from '../../ui/action.tsx'
import { Button } from '../../ui/button.tsx'
import { EntityLink } from '../../ui/entity-link.tsx'
import { Status } from '../../ui/status.tsx'
import { ErrorStrip, Strip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { MANAGE, useDecideHeld, useKeepTogether } from './api.ts'
import { heldWords, keptWords } from './sources-words.ts'
import { sayUndone } from './undo.ts'
import css from './operate.module.css'

/** A reading that would make too much disappear waits here for a person. */
export function HeldBand({ source }: { source: Source }) {
  const [listed, setListed] = useState(false)
  // Sure of what was seen: when something else is held, the question is asked anew.
  const [sureOf, setSureOf] = useState<string>()
  const decide = useDecideHeld()
  const keep = useKeepTogether()
  const words = heldWords(source)
  const { missing = 0, refs = [], digest = '' } = source.held ?? {}
  const sure = sureOf === digest
  const answer = (decision: 'apply' | 'keep') => {
    // Answered, the source is not held any more and this is gone, so what is said does not hang on it being drawn.
    return decide.mutateAsync({ id: source.id, decision, digest }).then(
      () => {
        if (decision === 'keep') say('Everything is kept. The source is read again at its usual time.')
        else sayGone()
      },
      () => {
        setSureOf(undefined)
      },
    )
  }
  const sayGone = () => {
    const [first] = refs
    const words = `${count(missing, 'entity is', 'entities are')} missing now. They are removed after the grace unless they return.`
    if (first === undefined) say(words)
    else
      say(words, {
        undo: () => {
          sayUndone(keep.mutateAsync(first), keptWords, 'They are still missing.', 'missing')
        },
      })
  }
  return (
    <section className={css['held']} aria-label={`Held: ${source.title}`}>
      <Status shape="bad" size="large" label={null} />
      <div>
        <h2>{words.title}</h2>
        <p>{words.body}</p>
        {decide.error && <Refused error={decide.error} />}
      </div>
      <div className={css['acts']}>
        <Button
          onClick={() => {
            setListed(!listed)
          }}
          aria-expanded={listed}
        >
          {listed ? 'Hide them' : `See the ${number(missing)}`}
        </Button>
        <ActionButton may={MANAGE} aria-busy={decide.isPending} onClick={() => void answer('keep')}>
          Keep them
        </ActionButton>
        <ActionButton
          may={MANAGE}
          variant="danger"
          aria-busy={decide.isPending}
          onClick={() => {
            if (sure) void answer('apply')
            else setSureOf(digest)
          }}
        >
          {sure ? `Yes, let ${number(missing)} go` : 'Let them go'}
        </ActionButton>
      </div>
      {listed && (
        <ul className={css['refs']}>
          {refs.map((ref) => (
            <li key={ref}>
              <EntityLink entityRef={ref} size="bare" />
            </li>
          ))}
          {missing > refs.length && <li className="muted">and {number(missing - refs.length)} more</li>}
        </ul>
      )}
    </section>
  )
}

/** The answer was not taken. A conflict means that it was about something else than what is held now. */
function Refused({ error }: { error: unknown }) {
  if (isApiError(error) && error.status === 409) {
    return (
      <Strip shape="warn" alert>
        <b>What would disappear has changed.</b> Look again.
      </Strip>
    )
  }
  return <ErrorStrip error={error} what="Your answer was not taken." kept="Nothing was removed." />
}
