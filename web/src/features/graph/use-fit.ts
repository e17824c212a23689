import { useReactFlow, useStore } from '@xyflow/react'
import { useEffect, useRef } from 'react'
import { viewOf, wholeOf } from './fit.ts'
import { bounds, NODE, type Placed } from './layout.ts'

const still = window.matchMedia('(prefers-reduced-motion: reduce)')
/** How long a movement of the graph takes. */
export const pace = () => (still.matches ? 0 : 220)

export interface Fit {
  /** Somebody moved the view: it is left to them from now on. */
  moved: () => void
  /** Shows all, however small, and keeps doing so. */
  showAll: () => void
}

/**
 * Fits the view to a new layout, and again whenever the frame becomes larger or smaller, until somebody moves it. What was
 * only added to leaves the view where it is.
 */
export function useFit(placed: Placed, stop: string | undefined): Fit {
  const flow = useReactFlow()
  const width = useStore((s) => s.width)
  const height = useStore((s) => s.height)
  const ready = useStore((s) => s.width > 0 && s.panZoom !== null)
  const by = useRef<'fit' | 'all' | 'hand'>('fit')
  const fitted = useRef<Placed>(undefined)
  const latest = useRef(stop)
  useEffect(() => {
    latest.current = stop
  }, [stop])
  const show = (duration: number) => {
    const all = bounds(placed)
    if (width === 0 || height === 0 || all.width === 0) return
    const at = latest.current === undefined ? undefined : placed.at.get(latest.current)
    const middle = at && { x: at.x + NODE.width / 2, y: at.y + NODE.height / 2 }
    const view = by.current === 'all' ? wholeOf({ width, height }, all) : viewOf({ width, height }, all, middle)
    void flow.setViewport(view, { duration })
  }
  useEffect(() => {
    if (!ready) return
    const before = fitted.current
    fitted.current = placed
    if (before !== placed && !(before && placed.kept)) {
      by.current = 'fit'
      show(before ? pace() : 0)
    } else if (before === placed && by.current !== 'hand') show(0)
    // `show` reads what these say.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [placed, ready, width, height])
  return {
    moved: () => {
      by.current = 'hand'
    },
    showAll: () => {
      by.current = 'all'
      show(pace())
    },
  }
}
