import { Suspense, useCallback, useId, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react'
import { Button, type ButtonProps } from './button.tsx'
import css from './menu.module.css'

/** What a menu or popover knows of the button that opened it. */
export interface Opener {
  beside: RefObject<HTMLButtonElement | null>
  close: () => void
}

interface Props extends Omit<ButtonProps, 'content'> {
  /** What it is to a screen reader: a list of commands, or a small window with fields. */
  holds: 'menu' | 'dialog'
  /** Its name. */
  label: string
  /** Fills it while it is open; lazy, so that it is paid for when it is opened. */
  content: (opener: Opener) => ReactNode
}

/** A button that opens a menu or popover in the top layer: Escape and a press elsewhere close it, and the focus returns. */
export function MenuButton({ holds, label, content, children, ...look }: Props) {
  const id = useId()
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const popover = useRef<HTMLDivElement>(null)
  const close = useCallback(() => {
    popover.current?.hidePopover()
  }, [])
  const opener = useMemo(() => ({ beside: button, close }), [close])
  return (
    <>
      <Button
        {...look}
        ref={button}
        popoverTarget={id}
        aria-haspopup={holds}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
      >
        {children}
      </Button>
      <div
        ref={popover}
        id={id}
        popover="auto"
        role={holds}
        aria-label={label}
        tabIndex={-1}
        className={css['popover']}
        onToggle={(event) => {
          // That of a popover which an item opened comes by here too.
          if (event.target === event.currentTarget) setOpen(event.newState === 'open')
        }}
      >
        {open && <Suspense>{content(opener)}</Suspense>}
      </div>
    </>
  )
}
