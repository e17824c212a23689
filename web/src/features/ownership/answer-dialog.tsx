import { useId, useState } from 'react'
import { useName } from '../../lib/summaries.ts'
import { count } from '../../lib/words.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import type { Decision } from './api.ts'
import { TeamField } from './team-field.tsx'
import css from './ownership.module.css'

interface Props {
  decision: 'pass' | 'reject'
  many: number
  /** The first of them. */
  entityRef: string
  onClose: () => void
  onSend: (decision: Decision) => void
}

/** Whose it is instead, or why it is not ours. */
export function AnswerDialog({ decision, many, entityRef, onClose, onSend }: Props) {
  const note = useId()
  const name = useName(entityRef)
  const [to, setTo] = useState<string>()
  const [words, setWords] = useState('')
  const what = many === 1 ? name : count(many, 'question')
  const passing = decision === 'pass'
  return (
    <Dialog title={passing ? `Pass on ${what}` : `Reject ${what}`} onClose={onClose}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault()
          if (passing && !to) return
          onSend({ decision, ...(to ? { to } : {}), ...(words.trim() ? { note: words.trim() } : {}) })
        }}
      >
        <p className="muted">
          {passing
            ? 'The team that you name is asked next, with the same evidence and your note.'
            : 'The next team that the evidence speaks for is asked. The same evidence does not come back to you.'}
        </p>
        {passing && <TeamField label="Who should be asked" value={to} onPick={setTo} />}
        <div className={css['field']}>
          <label htmlFor={note}>Note, if you like</label>
          <textarea
            id={note}
            rows={3}
            maxLength={1000}
            value={words}
            onChange={(event) => {
              setWords(event.target.value)
            }}
          />
        </div>
        <div className={css['formActs']}>
          <Button variant="subtle" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" variant="filled" disabled={passing && !to}>
            {passing ? 'Pass on' : 'Reject'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
