import { createLink } from '@tanstack/react-router'
import { Lock } from 'lucide-react'
import { lazy, Suspense, useId, useRef, useState, type ReactNode } from 'react'
import { isApiError } from '../lib/api-error.ts'
import { allowed, useSession } from '../lib/session.ts'
import { AnchorButton, Button, type AnchorProps, type ButtonProps } from './button.tsx'
import { Icon } from './icon.tsx'
import css from './action.module.css'

const Why = lazy(async () => ({ default: (await import('./why.tsx')).Why }))

export interface Needs {
  /** The permission that it takes. */
  may: string
  /** The ref of the entity that it is done to, where the permission is about entities. */
  on?: string | undefined
  /** What the server answered last: a 403 means that it may not be done to this entity, though to others. */
  answer?: unknown
}

export function useMay({ may, answer }: Needs): boolean {
  const session = useSession()
  return allowed(session, may) && !(isApiError(answer) && answer.status === 403)
}

/** A button for who may do it. For who may not, the same words, locked: pressed, they say why. */
export function ActionButton({ may, on, answer, ...rest }: Needs & ButtonProps) {
  if (useMay({ may, answer })) return <Button {...rest} />
  return (
    <Locked
      may={may}
      on={on}
      size={rest.size}
      variant={rest.variant}
      label={rest['aria-label']}
      words={rest.children}
    />
  )
}

function ActionAnchor({ may, on, answer, ...rest }: Needs & AnchorProps) {
  if (useMay({ may, answer })) return <AnchorButton {...rest} />
  return <Locked may={may} on={on} size={rest.size} variant={rest.variant} words={rest.children} />
}

/** The same for a button that leads to where it is done. */
export const ActionLink = createLink(ActionAnchor)

interface LockedProps extends Pick<Needs, 'may' | 'on'> {
  size?: ButtonProps['size'] | undefined
  variant?: ButtonProps['variant'] | undefined
  label?: string | undefined
  words: ReactNode
}

function Locked({ may, on, size, variant, label, words }: LockedProps) {
  const why = useWhy(may, on)
  return (
    <>
      <Button
        {...why.button}
        size={size ?? 'sm'}
        variant={variant === 'subtle' ? 'subtle' : 'default'}
        aria-label={label}
        leftSection={<Icon of={Lock} size={14} />}
      >
        {words}
      </Button>
      {why.reason}
    </>
  )
}

/** Whether nothing has the focus, or what has it is gone with this. */
function lost(closed: Element): boolean {
  const active = document.activeElement
  return active === null || active === document.body || closed.contains(active)
}

/**
 * What makes a button a locked one, and the reason that it opens. The button stays in the order of the keyboard and is
 * read as unavailable; the server is asked for the reason when somebody wants it.
 */
export function useWhy(may: string, on?: string) {
  const id = useId()
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  return {
    button: {
      ref: button,
      'aria-disabled': true,
      'aria-haspopup': 'dialog' as const,
      'aria-expanded': open,
      'aria-controls': id,
      popoverTarget: id,
      title: 'Why can’t I?',
    },
    reason: (
      <div
        id={id}
        popover="auto"
        role="dialog"
        aria-labelledby={`${id}-title`}
        tabIndex={-1}
        className={css['reason']}
        onToggle={(event) => {
          const shown = event.newState === 'open'
          setOpen(shown)
          if (shown) event.currentTarget.focus({ preventScroll: true })
          // The browser gives the focus back to what opened it, but not from within another popover, as a menu is.
          else if (button.current?.closest('[popover]') && lost(event.currentTarget)) button.current.focus()
        }}
      >
        {open && (
          <Suspense>
            <Why titleId={`${id}-title`} may={may} on={on} beside={button} />
          </Suspense>
        )}
      </div>
    ),
  }
}
