import { useLayoutEffect, useRef, type RefObject } from 'react'

const GAP = 6
const EDGE = 16

/**
 * Puts a popover under its button, or above it where there is no room, and never beside the window. The returned ref is
 * for what fills the popover; `end` lines up their right edges.
 */
export function usePlace(beside: RefObject<HTMLElement | null>, end = false) {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const popover = box.current?.closest<HTMLElement>('[popover]')
    const button = beside.current
    if (!popover || !button) return
    const place = () => {
      const at = button.getBoundingClientRect()
      const { offsetWidth: width, offsetHeight: height } = popover
      const { clientWidth, clientHeight } = document.documentElement
      const below = at.bottom + GAP + height <= clientHeight - EDGE || at.top - GAP - height < EDGE
      const left = Math.max(EDGE, Math.min(end ? at.right - width : at.left, clientWidth - EDGE - width))
      popover.style.left = `${String(left + window.scrollX)}px`
      popover.style.top = `${String((below ? at.bottom + GAP : at.top - GAP - height) + window.scrollY)}px`
    }
    place()
    const grows = new ResizeObserver(place)
    grows.observe(popover)
    window.addEventListener('resize', place)
    return () => {
      grows.disconnect()
      window.removeEventListener('resize', place)
    }
  }, [beside, end])
  return box
}
