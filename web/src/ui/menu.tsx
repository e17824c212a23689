import { Check } from 'lucide-react'
import { useEffect, type ComponentPropsWithRef, type KeyboardEvent, type ReactNode } from 'react'
import { Icon } from './icon.tsx'
import type { Opener } from './menu-button.tsx'
import { usePlace } from './place.ts'
import css from './menu.module.css'

const stops = '[role^=menuitem], input, button, a[href]'

interface Props extends Opener {
  children: ReactNode
  /** Lines up with the right edge of the button. */
  end?: boolean
}

/**
 * What fills the popover of a MenuButton. The first item has the focus; arrows, Home and End move it, letters jump to the
 * item that begins with them, Tab leaves.
 */
export function Menu({ beside, close, end = false, children }: Props) {
  const box = usePlace(beside, end)
  useEffect(() => {
    items(box.current)[0]?.focus({ preventScroll: true })
  }, [box])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return
    const target = event.target as HTMLElement
    const inField = target.matches('input:not([type=checkbox])')
    const all = items(box.current)
    const at = all.indexOf(target)
    const to = (index: number) => {
      event.preventDefault()
      all[(index + all.length) % all.length]?.focus()
    }
    if (event.key === 'ArrowDown') to(at + 1)
    else if (event.key === 'ArrowUp') to(at < 0 ? -1 : at - 1)
    else if (inField) return
    else if (event.key === 'Home') to(0)
    else if (event.key === 'End') to(-1)
    else if (event.key === 'Tab' && target.role?.startsWith('menuitem')) close()
    else if (event.key.length === 1 && event.key !== ' ') {
      const letter = event.key.toLowerCase()
      const next = [...all.slice(at + 1), ...all.slice(0, at + 1)].find((i) =>
        i.textContent.trim().toLowerCase().startsWith(letter),
      )
      next?.focus()
    }
  }
  return (
    // The keys are those of the items in it: a press on an item comes up to here.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={box} className={css['menu']} onKeyDown={onKeyDown}>
      {children}
    </div>
  )
}

function items(box: HTMLElement | null): HTMLElement[] {
  return [...(box?.querySelectorAll<HTMLElement>(stops) ?? [])].filter((i) => !i.matches(':disabled'))
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <div className={css['label']} role="presentation">
      {children}
    </div>
  )
}

export function MenuLine() {
  return <hr className={css['line']} />
}

/** One command. `quiet` says at its end what else there is to know. */
export function MenuItem({ quiet, children, ...rest }: { quiet?: ReactNode } & ComponentPropsWithRef<'button'>) {
  return (
    <button type="button" role="menuitem" tabIndex={-1} className={css['item']} {...rest}>
      <span className="cut">{children}</span>
      {quiet && <span className={css['quiet']}>{quiet}</span>}
    </button>
  )
}

/** One of several, of which one is on. */
export function MenuChoice({
  checked,
  quiet,
  children,
  ...rest
}: { checked: boolean; quiet?: ReactNode } & ComponentPropsWithRef<'button'>) {
  return (
    <button type="button" role="menuitemradio" aria-checked={checked} tabIndex={-1} className={css['item']} {...rest}>
      <span className={css['tick']}>{checked && <Icon of={Check} size={14} />}</span>
      <span className="cut">{children}</span>
      {quiet && <span className={css['quiet']}>{quiet}</span>}
    </button>
  )
}

/** One that leads out of the page, as a download does. */
export function MenuLink({
  quiet,
  children,
  ...rest
}: { quiet?: ReactNode; href: string } & ComponentPropsWithRef<'a'>) {
  return (
    <a role="menuitem" tabIndex={-1} className={css['item']} {...rest}>
      <span className="cut">{children}</span>
      {quiet && <span className={css['quiet']}>{quiet}</span>}
    </a>
  )
}

/** A check-box in a popover that is a small window, not a menu. */
export function MenuCheck({ children, ...rest }: ComponentPropsWithRef<'input'>) {
  return (
    <label className={css['item']}>
      <input type="checkbox" {...rest} />
      <span className="cut">{children}</span>
    </label>
  )
}
