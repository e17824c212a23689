import {
  ActionIcon,
  Button as MantineButton,
  type ActionIconProps,
  type ButtonProps as MantineButtonProps,
} from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { ComponentPropsWithoutRef, ComponentPropsWithRef } from 'react'

export type ButtonProps = MantineButtonProps & Omit<ComponentPropsWithRef<'button'>, keyof MantineButtonProps>

/** `variant`: `default`, `filled` (ink; one on a page), `subtle`, `danger`. */
export function Button({ variant = 'default', ...rest }: ButtonProps) {
  return <MantineButton variant={variant} {...rest} />
}

type AnchorProps = MantineButtonProps & Omit<ComponentPropsWithRef<'a'>, keyof MantineButtonProps>

function AnchorButton({ variant = 'default', ...rest }: AnchorProps) {
  return <MantineButton component="a" variant={variant} {...rest} />
}

/** A button that leads to another page of Portico. */
export const LinkButton = createLink(AnchorButton)

/** A button that leads out of Portico. */
export function OutButton(props: AnchorProps & { href: string }) {
  return <AnchorButton target="_blank" rel="noreferrer noopener" {...props} />
}

type IconButtonProps = ActionIconProps &
  Omit<ComponentPropsWithoutRef<'button'>, keyof ActionIconProps> & { label: string }

/** An icon alone: only search, close, more, copy, theme. The label is read out and shown on hover. */
export function IconButton({ label, ...rest }: IconButtonProps) {
  return <ActionIcon variant="subtle" aria-label={label} title={label} {...rest} />
}
