import { useReactFlow, useStore } from '@xyflow/react'
import { useEffect, useRef } from 'react'
import { bounds, NODE, type Placed, type Point, type Rect } from './layout.ts'

/** Below it the names of boxes are not drawn: nobody could read them. */
export const FAR = 0.36
/** All of a graph is shown where it can be this large; its names are drawn larger to be read at that. */
const WHOLE = 0.42
/** Otherwise a part of it, this large. */
const PART = 0.75
const EDGE = 18

const still = window.matchMedia('(prefers-reduced-motion: reduce)')
/** How long a movement of the graph takes. */
export const pace = () => (still.matches ? 0 : 220)

export interface View extends Point {
  zoom: number
}

interface Room {
  width: number
  height: number
}

/** All of a graph where that can be read; otherwise what is around `middle`, with no room left empty at the edges. */
export function viewOf(room: Room, all: Rect, middle?: Point): View {
  const whole = wholeOf(room, all)
  if (whole.zoom >= WHOLE) return whole
  return {
    x: offset(room.width, all.x, all.width, middle?.x),
    y: offset(room.height, all.y, all.height, middle?.y),
    zoom: PART,
  }
}

function wholeOf(room: Room, all: Rect): View {
  const zoom = Math.min((room.width - 2 * EDGE) / all.width, (room.height - 2 * EDGE) / all.height, 1)
  return {
    x: (room.width - all.width * zoom) / 2 - all.x * zoom,
    y: (room.height - all.height * zoom) / 2 - all.y * zoom,
    zoom,
  }
}

/** Where the view begins so that a middle is in the midst, or as near to it as leaves no room at the edges empty. */
function offset(room: number, from: number, length: number, middle = from + length / 2): number {
  const drawn = length * PART
  if (drawn + 2 * EDGE <= room) return (room - drawn) / 2 - from * PART
  const wish = room / 2 - middle * PART
  return Math.min(EDGE - from * PART, Math.max(room - EDGE - (from + length) * PART, wish))
}

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
