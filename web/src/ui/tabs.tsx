import { useEffect, useRef, type ReactNode } from 'react'
import css from './tabs.module.css'

/** A row of links, one of them `aria-current`; scrolls sideways where it is narrow, and the present one into sight. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null)
  useEffect(() => {
    const current = nav.current?.querySelector<HTMLElement>('[aria-current]')
    if (!nav.current || !current) return
    const { offsetLeft, offsetWidth } = current
    const { scrollLeft, clientWidth } = nav.current
    if (offsetLeft < scrollLeft || offsetLeft + offsetWidth > scrollLeft + clientWidth)
      nav.current.scrollLeft = offsetLeft - 16
  })
  return (
    <nav ref={nav} className={css['tabs']} aria-label={label}>
      {children}
    </nav>
  )
}
