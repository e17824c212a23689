import { useState } from 'react'
import type { Source } from '../../lib/portico.ts'
import { count, number } from '../../lib/words.ts'
import { Button } from '../../ui/button.tsx'
import { EntityLink } from '../../ui/entity-link.tsx'
import { Status } from '../../ui/status.tsx'
import { ErrorStrip } from '../../ui/strip.tsx'
import { say } from '../../ui/toast.tsx'
import { useDecideHeld } from './api.ts'
import { heldWords } from './sources-words.ts'
import css from './operate.module.css'

/** A reading that would make too much disappear waits here for a person. */
export function HeldBand({ source, manage }: { source: Source; manage: boolean }) {
  const [listed, setListed] = useState(false)
  const [sure, setSure] = useState(false)
  const decide = useDecideHeld()
  const words = heldWords(source)
  const missing = source.held?.missing ?? 0
  const answer = (decision: 'apply' | 'keep') => {
    decide.mutate(
      { id: source.id, decision },
      {
        onSuccess: () => {
          say(
            decision === 'apply'
              ? `${count(missing, 'entity is', 'entities are')} missing now. They are removed after the grace unless they return.`
              : 'Everything is kept. The source is read again at its usual time.',
          )
        },
      },
    )
  }
  return (
    <section className={css['held']} aria-label={`Held: ${source.title}`}>
      <Status shape="bad" size="large" label={null} />
      <div>
        <h2>{words.title}</h2>
        <p>{words.body}</p>
        {decide.error && (
          <ErrorStrip error={decide.error} what="Your answer was not taken." kept="Nothing was removed." />
        )}
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
        {manage && (
          <>
            <Button
              aria-busy={decide.isPending}
              onClick={() => {
                answer('keep')
              }}
            >
              Keep them
            </Button>
            <Button
              variant="danger"
              aria-busy={decide.isPending}
              onClick={() => {
                if (sure) answer('apply')
                else setSure(true)
              }}
            >
              {sure ? `Yes, let ${number(missing)} go` : 'Let them go'}
            </Button>
          </>
        )}
      </div>
      {listed && (
        <ul className={css['refs']}>
          {source.held?.refs.map((ref) => (
            <li key={ref}>
              <EntityLink entityRef={ref} size="bare" />
            </li>
          ))}
          {missing > (source.held?.refs.length ?? 0) && (
            <li className="muted">and {number(missing - (source.held?.refs.length ?? 0))} more</li>
          )}
        </ul>
      )}
    </section>
  )
}
