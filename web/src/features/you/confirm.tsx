import { useState } from 'react'
import { ActionButton } from '../../ui/action.tsx'
import { Button } from '../../ui/button.tsx'
import css from './you.module.css'

interface Props {
  /** The permission that it takes. */
  may: string
  /** What it does: "Revoke". */
  words: string
  /** The same, for those who do not see the row: "Revoke laptop". */
  label: string
  sure: string
  /** What else it means, before the two answers. */
  note?: string
  busy: boolean
  onSure: () => void
}

const focus = (button: HTMLButtonElement | null) => {
  button?.focus()
}

/** A step that cannot be taken back asks once more, in its place. The focus goes to the answer that changes nothing. */
export function Confirm({ may, words, label, sure, note, busy, onSure }: Props) {
  const [state, setState] = useState<'quiet' | 'asked' | 'kept' | 'sure'>('quiet')
  // Once it is done, or was refused, it can be asked again.
  if (state !== 'asked' && !(state === 'sure' && busy))
    return (
      <ActionButton
        may={may}
        size="xs"
        aria-label={label}
        ref={state === 'quiet' ? undefined : focus}
        onClick={() => {
          setState('asked')
        }}
      >
        {words}
      </ActionButton>
    )
  return (
    <>
      {note && <span className={`${css['said'] ?? ''} small muted`}>{note}</span>}
      <Button
        size="xs"
        ref={focus}
        onClick={() => {
          setState('kept')
        }}
      >
        Keep
      </Button>
      <Button
        size="xs"
        variant="danger"
        disabled={busy}
        onClick={() => {
          setState('sure')
          onSure()
        }}
      >
        {sure}
      </Button>
    </>
  )
}
