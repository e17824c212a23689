import { useRouter } from '@tanstack/react-router'
import type { ComponentPropsWithRef, MouseEvent } from 'react'

interface Props extends Omit<ComponentPropsWithRef<'a'>, 'href'> {
  /** A path of Portico's, with its search. */
  to: string
  /** Whether the page that it leads to stays where it was scrolled. */
  stay?: boolean
}

/**
 * A link to a page of Portico for lists of many: an element and a listener. The router's own follows the address, to know
 * whether it is the present one, and a screen of rows has hundreds.
 */
export function QuickLink({ to, stay = false, onClick, children, ...rest }: Props) {
  const router = useRouter()
  const go = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    const other = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0
    if (event.defaultPrevented || other) return
    event.preventDefault()
    void router.navigate({ href: to, resetScroll: !stay })
  }
  return (
    <a href={to} onClick={go} {...rest}>
      {children}
    </a>
  )
}
