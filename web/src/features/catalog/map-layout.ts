import type { Area } from './map-tree.ts'
import { inner, snapped, squarify, type Box } from './treemap.ts'

/** One area on the map, with what is drawn inside it. */
export interface Placed {
  area: Area
  box: Box
  children: Placed[]
  /** What is in it too, and too small for a name: only its outline is drawn. */
  specks: Box[]
}

/** What is drawn at once on one level; a smaller one could not be hit anyway. */
export const MOST_AREAS = 800
/** Areas inside areas that are drawn with their names, altogether, the first ones: each is a link, and these are slow. */
const MOST_INSIDE = 160

/** The room that an area with a name takes at least, on average. */
const NAMED = 4_800
const FEWEST = 24

/** As many areas as have room for their names; the others are a press away. */
export function mostNamed(width: number, height: number): number {
  return Math.max(FEWEST, Math.floor((width * height) / NAMED))
}

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
  const budget = { left: MOST_INSIDE }
  return shown.map((area, i) => {
    const box = apart(boxes[i] ?? { x: 0, y: 0, w: 0, h: 0 })
    return { area, box, ...inside(area, box, budget) }
  })
}

const nothing = { children: [], specks: [] }

/** What is in an area, and in that again, as long as there is room and the screen is not full of it. */
function inside(area: Area, box: Box, budget: { left: number }): Pick<Placed, 'children' | 'specks'> {
  const room = inner({ ...box, x: 0, y: 0 }, HEAD, AIR)
  // A place that is all of another says nothing that its name does not.
  if (area.children.length === 0 || (area.children.length === 1 && !area.children[0]?.single)) return nothing
  if (room.w < 40 || room.h < 24) return nothing
  const boxes = squarify(
    area.children.map((a) => a.count),
    room,
  ).map(apart)
  const children: Placed[] = []
  const specks: Box[] = []
  area.children.forEach((child, i) => {
    const own = boxes[i] ?? room
    // A crumb of an area says nothing; the largest ones do, and the rest is the ground that they stand on.
    if (own.w < SMALLEST || own.h < SMALLEST) return
    if (roomFor(own) === 'none' || budget.left <= 0) specks.push(own)
    else {
      budget.left--
      children.push({ area: child, box: own, ...inside(child, own, budget) })
    }
  })
  return { children, specks }
}

/** Outlines as the path of one shape, hairlines on the middle of a pixel. */
export function outlines(boxes: Box[]): string {
  return boxes
    .map(
      ({ x, y, w, h }) => `M${String(x + 0.5)} ${String(y + 0.5)}h${String(w - 1)}v${String(h - 1)}h${String(1 - w)}z`,
    )
    .join('')
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

/** Whether there is room for a second line, which says how old something is. */
export function roomForAge({ w, h }: Box): boolean {
  return w >= 100 && h >= 46
}

/** The neighbour in a direction: the nearest one beyond that edge, what lies in line before what does not, the larger first. */
export function towards(boxes: Box[], from: number, key: string): number {
  const here = boxes[from]
  if (!here) return 0
  const level = key === 'ArrowRight' || key === 'ArrowLeft'
  const onward = key === 'ArrowRight' || key === 'ArrowDown'
  const along = (b: Box) => (level ? { low: b.x, high: b.x + b.w } : { low: b.y, high: b.y + b.h })
  const across = (b: Box) => (level ? { low: b.y, high: b.y + b.h } : { low: b.x, high: b.x + b.w })
  const [mine, side] = [along(here), across(here)]
  let best = from
  let least = Number.POSITIVE_INFINITY
  boxes.forEach((box, i) => {
    const theirs = along(box)
    const ahead = onward ? theirs.low - mine.high : mine.low - theirs.high
    if (i === from || ahead < -1) return
    const { low, high } = across(box)
    const apart = Math.max(low - side.high, side.low - high)
    const far = ahead + (apart < 0 ? 0 : 3 * (apart + 1))
    if (far < least) [best, least] = [i, far]
  })
  return best
}
