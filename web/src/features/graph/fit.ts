import type { Point, Rect } from './layout.ts'

/** Below it the names of boxes are not drawn: nobody could read them. */
export const FAR = 0.36
/** All of a graph is shown where it can be this large; its names are drawn larger to be read at that. */
export const WHOLE = 0.42
/** Otherwise a part of it, this large. */
const PART = 0.75
const EDGE = 18
/** What is fitted whole leaves so much below it to the buttons that stand in the corners. */
export const FOOT = 40

export interface View extends Point {
  zoom: number
}

export interface Room {
  width: number
  height: number
}

/** All of a graph where that can be read; otherwise what is around `middle`, with no room left empty at the edges. */
export function viewOf(room: Room, all: Rect, middle?: Point): View {
  const whole = wholeOf(room, all)
  if (showsWhole(room, all)) return whole
  return {
    x: offset(room.width, all.x, all.width, middle?.x),
    y: offset(room.height, all.y, all.height, middle?.y),
    zoom: PART,
  }
}

export function wholeOf(room: Room, all: Rect): View {
  const zoom = Math.min((room.width - 2 * EDGE) / all.width, (room.height - 2 * EDGE - FOOT) / all.height, 1)
  return {
    x: (room.width - all.width * zoom) / 2 - all.x * zoom,
    y: (room.height - FOOT - all.height * zoom) / 2 - all.y * zoom,
    zoom,
  }
}

/** Whether all of a graph is shown at once. */
export const showsWhole = (room: Room, all: Rect): boolean => wholeOf(room, all).zoom >= WHOLE

/** Where the view begins so that a middle is in the midst, or as near to it as leaves no room at the edges empty. */
function offset(room: number, from: number, length: number, middle = from + length / 2): number {
  const drawn = length * PART
  if (drawn + 2 * EDGE <= room) return (room - drawn) / 2 - from * PART
  const wish = room / 2 - middle * PART
  return Math.min(EDGE - from * PART, Math.max(room - EDGE - (from + length) * PART, wish))
}
