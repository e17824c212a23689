import { ChevronDown, RotateCw } from 'lucide-react'
import { useId, useState } from 'react'
import { asSentence } from '../../lib/words.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Status, type StatusShape } from '../../ui/status.tsx'
import { ErrorId, errorSentence } from '../../ui/strip.tsx'
import { PlanDetail } from './plan-detail.tsx'
import { verdictOf, type Look, type Outcome } from './plan-words.ts'
import { locationOf, shortLocation } from './targets.ts'
import { Unreadable } from './unreadable.tsx'
import css from './register.module.css'

interface Props {
  look: Look
  /** Until the person says otherwise. */
  open: boolean
  chosen: boolean
  outcome: Outcome | undefined
  onChoose: () => void
  onRetry: () => void
}

/** One location: whether to register it, what would come of it, and all of that in detail. */
export function TargetRow({ look, open: usual, chosen, outcome, onChoose, onRetry }: Props) {
  const id = useId()
  const [said, setOpen] = useState<boolean>()
  const open = said ?? usual
  const verdict = verdictOf(look)
  const name = shortLocation(locationOf(look.line))
  const { shape, words } = told(verdict, outcome)
  return (
    <li>
      <div className={css['line']}>
        {verdict.can && !outcome ? (
          <label className={css['tick']}>
            <input type="checkbox" checked={chosen} aria-label={`Register ${name}`} onChange={onChoose} />
          </label>
        ) : (
          <span />
        )}
        <Status shape={shape} label={null} />
        <button
          type="button"
          className={css['open']}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => {
            setOpen(!open)
          }}
        >
          <span className={`${css['name'] ?? ''} mono`}>{name}</span>
          <span className={css['words']}>{words}</span>
          <Icon of={ChevronDown} size={14} />
        </button>
      </div>
      <div id={id} className={css['detail']} hidden={!open}>
        {outcome?.state === 'failed' && (
          <p className={css['refused']} role="alert">
            <span>
              {errorSentence(outcome.error)} <ErrorId error={outcome.error} />
            </span>
            <Button size="xs" leftSection={<Icon of={RotateCw} size={14} />} onClick={onRetry}>
              Try again
            </Button>
          </p>
        )}
        {open && look.preview && (
          <PlanDetail preview={look.preview} line={look.line} registered={outcome?.state === 'done'} />
        )}
        {open && look.error !== null && look.error !== undefined && <Unreadable line={look.line} error={look.error} />}
      </div>
    </li>
  )
}

function told(verdict: { shape: StatusShape; words: string }, outcome: Outcome | undefined) {
  switch (outcome?.state) {
    case 'waiting':
      return { shape: 'run' as const, words: 'Registering' }
    case 'done':
      return {
        shape: 'ok' as const,
        words: outcome.again ? 'It is being read again.' : 'Registered.',
      }
    case 'failed':
      return { shape: 'bad' as const, words: asSentence('it was not registered') }
    default:
      return verdict
  }
}
