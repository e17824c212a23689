import type { Area } from './map-tree.ts'
import { inner, snapped, squarify, type Box } from './treemap.ts'

/** One area on the map, with what is drawn inside it. */
export interface Placed {
  area: Area
  box: Box
  children: Placed[]
}

/** What is drawn at once on one level; a smaller one could not be hit anyway. */
export const MOST_AREAS = 800
/** Areas inside areas, altogether. */
const MOST_INSIDE = 1_200

const HEAD = 26
const AIR = 4
const GAP = 3
/** An area inside another is drawn when it is at least so wide and high; else the outer one stays plain. */
const SMALLEST = 10

/** Where the areas of one level stand, and those inside them where there is room. */
export function layout(areas: Area[], width: number, height: number): Placed[] {
  const shown = areas.slice(0, MOST_AREAS)
  const boxes = squarify(
    shown.map((a) => a.count),
    { x: 0, y: 0, w: width, h: height },
  )
  let left = MOST_INSIDE
  return shown.map((area, i) => {
    const box = apart(boxes[i] ?? { x: 0, y: 0, w: 0, h: 0 })
    const children = left > 0 ? inside(area, box, left) : []
    left -= children.length
    return { area, box, children }
  })
}

function inside(area: Area, box: Box, most: number): Placed[] {
  const room = inner({ ...box, x: 0, y: 0 }, HEAD, AIR)
  if (area.children.length < 2 || area.children.length > most || room.w < 40 || room.h < 24) return []
  const boxes = squarify(
    area.children.map((a) => a.count),
    room,
  ).map(apart)
  // A crumb of an area says nothing; the largest ones do, and the rest is the ground that they stand on.
  return area.children
    .map((child, i) => ({ area: child, box: boxes[i] ?? room, children: [] }))
    .filter(({ box: b }) => b.w >= SMALLEST && b.h >= SMALLEST)
}

/** With a gap to its neighbours. */
function apart(box: Box): Box {
  const { x, y, w, h } = snapped(box)
  return { x, y, w: Math.max(1, w - GAP), h: Math.max(1, h - GAP) }
}

/** How much of a name there is room for. */
export function roomFor({ w, h }: Box): 'all' | 'name' | 'none' {
  if (w >= 92 && h >= 24) return 'all'
  return w >= 44 && h >= 18 ? 'name' : 'none'
}

/** The neighbour in a direction: the nearest one whose middle lies that way, what is in line with it before the rest. */
export function towards(boxes: Box[], from: number, key: string): number {
  const here = boxes[from]
  if (!here) return 0
  const [cx, cy] = [here.x + here.w / 2, here.y + here.h / 2]
  let best = from
  let least = Number.POSITIVE_INFINITY
  boxes.forEach((box, i) => {
    if (i === from) return
    const [dx, dy] = [box.x + box.w / 2 - cx, box.y + box.h / 2 - cy]
    const [along, across] = key === 'ArrowRight' || key === 'ArrowLeft' ? [dx, dy] : [dy, dx]
    const ahead = key === 'ArrowRight' || key === 'ArrowDown' ? along : -along
    if (ahead <= 0) return
    const far = ahead + 3 * Math.abs(across)
    if (far < least) [best, least] = [i, far]
  })
  return best
}
