import { useEffect, useLayoutEffect, useRef, type ReactNode } from 'react'
import css from './tabs.module.css'

/** As much of an end fades out where there is more, in pixels. */
const FADE = 48

/** A row of links, one of them `aria-current`; scrolls sideways where it is narrow, and the present one into sight. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null)
  useEffect(() => {
    const current = nav.current?.querySelector<HTMLElement>('[aria-current]')
    if (!nav.current || !current) return
    const { offsetLeft, offsetWidth } = current
    const { scrollLeft, clientWidth } = nav.current
    if (offsetLeft < scrollLeft + FADE || offsetLeft + offsetWidth > scrollLeft + clientWidth - FADE)
      nav.current.scrollLeft = offsetLeft - FADE
  })
  useLayoutEffect(() => {
    const row = nav.current
    if (!row) return
    const watcher = new ResizeObserver(() => {
      markEnds(row)
    })
    for (const part of [row, ...row.children]) watcher.observe(part)
    return () => {
      watcher.disconnect()
    }
  }, [children])
  return (
    <nav
      ref={nav}
      className={css['tabs']}
      aria-label={label}
      onScroll={(event) => {
        markEnds(event.currentTarget)
      }}
    >
      {children}
    </nav>
  )
}

/** Says at which ends there is more than is seen, so that it fades out there. */
function markEnds(row: HTMLElement) {
  const { scrollLeft, clientWidth, scrollWidth } = row
  row.toggleAttribute('data-before', scrollLeft > 1)
  row.toggleAttribute('data-after', scrollLeft + clientWidth < scrollWidth - 1)
}
