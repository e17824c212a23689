import { createLink } from '@tanstack/react-router'
import type { ComponentPropsWithRef, ReactNode } from 'react'
import css from './button.module.css'

interface Look {
  /** `filled` is ink: one on a page. */
  variant?: 'default' | 'filled' | 'subtle' | 'danger'
  size?: 'sm' | 'xs'
  leftSection?: ReactNode
  rightSection?: ReactNode
  fullWidth?: boolean
}

export type ButtonProps = Look & ComponentPropsWithRef<'button'>
export type AnchorProps = Look & ComponentPropsWithRef<'a'>

// Plain elements: the library's button would cost every first visit 12 kB for looks that are ours anyway.
function split<T extends Look>({ variant = 'default', size = 'sm', leftSection, rightSection, fullWidth, ...rest }: T) {
  return {
    look: { className: css['root'], 'data-variant': variant, 'data-size': size, 'data-wide': fullWidth },
    left: leftSection && <Side at="left">{leftSection}</Side>,
    right: rightSection && <Side at="right">{rightSection}</Side>,
    rest,
  }
}

function Side({ at, children }: { at: 'left' | 'right'; children: ReactNode }) {
  return (
    <span className={css['section']} data-position={at}>
      {children}
    </span>
  )
}

export function Button(props: ButtonProps) {
  const { look, left, right, rest } = split(props)
  const { children, ...others } = rest
  return (
    <button type="button" {...look} {...others}>
      {left}
      {children}
      {right}
    </button>
  )
}

/** A link that looks like a button, for createLink. */
export function AnchorButton(props: AnchorProps) {
  const { look, left, right, rest } = split(props)
  const { children, ...others } = rest
  return (
    <a {...others} {...look}>
      {left}
      {children}
      {right}
    </a>
  )
}

/** A button that leads to another page of Portico. */
export const LinkButton = createLink(AnchorButton)

/** A button that leads out of Portico. */
export function OutButton(props: AnchorProps & { href: string }) {
  return <AnchorButton target="_blank" rel="noreferrer noopener" {...props} />
}

/** An icon alone: only search, close, more, copy, theme. The label is read out and shown on hover. */
export function IconButton({ label, ...rest }: { label: string } & ComponentPropsWithRef<'button'>) {
  return <button type="button" className={css['icon']} aria-label={label} title={label} {...rest} />
}
