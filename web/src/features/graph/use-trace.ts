import { useEffect, type RefObject } from 'react'
import type { Wire } from './fold.ts'

/**
 * Lifts the lines of the box under the pointer or with the focus, and the boxes at their ends, so that one of many can be
 * followed. Written to the elements: hundreds of boxes are not drawn anew for a pointer that passes.
 */
export function useTrace(frame: RefObject<HTMLElement | null>, wires: Wire[]): void {
  useEffect(() => {
    const root = frame.current
    if (!root) return
    const clear = () => {
      delete root.dataset['tracing']
      for (const lit of root.querySelectorAll<HTMLElement>('[data-lit]')) delete lit.dataset['lit']
    }
    const trace = (target: EventTarget | null) => {
      const id =
        target instanceof Element ? target.closest<HTMLElement>('.react-flow__node-box')?.dataset['id'] : undefined
      const own = id === undefined ? [] : wires.filter((w) => w.from === id || w.to === id)
      clear()
      if (own.length === 0) return
      root.dataset['tracing'] = 'true'
      const ids = new Set(own.map((w) => w.id))
      const ends = new Set(own.flatMap((w) => [w.from, w.to]))
      for (const line of root.querySelectorAll<SVGElement>('[data-wire]'))
        if (ids.has(line.dataset['wire'] ?? '')) line.dataset['lit'] = 'true'
      for (const box of root.querySelectorAll<HTMLElement>('.react-flow__node-box'))
        if (ends.has(box.dataset['id'] ?? '')) box.dataset['lit'] = 'true'
    }
    const over = (event: PointerEvent) => {
      trace(event.target)
    }
    const focus = (event: FocusEvent) => {
      trace(event.target)
    }
    root.addEventListener('pointerover', over)
    root.addEventListener('pointerleave', clear)
    root.addEventListener('focusin', focus)
    root.addEventListener('focusout', clear)
    return () => {
      clear()
      root.removeEventListener('pointerover', over)
      root.removeEventListener('pointerleave', clear)
      root.removeEventListener('focusin', focus)
      root.removeEventListener('focusout', clear)
    }
  }, [frame, wires])
}
