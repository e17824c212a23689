import type { Box, Drawing, Wire } from './fold.ts'

export const NODE = { width: 178, height: 46 }
/** The room within a region beside what is in it; its name stands at the top. */
export const REGION = { side: 14, top: 34, bottom: 14 }
/** Between columns, and between boxes in one. */
export const COLUMN = 48
export const ROW = 22

export interface Point {
  x: number
  y: number
}

export interface Rect extends Point {
  width: number
  height: number
}

/** Where everything stands. Corners of lines are there only while the boxes stand where the layout put them. */
export interface Placed {
  at: Map<string, Point>
  regions: Map<string, Rect>
  corners: Map<string, Point[]>
  /** Whether the boxes were left where they stood, rather than laid out anew. */
  kept: boolean
}

/** Systems that are drawn as a region: those with two or more boxes. */
export function regionsOf(boxes: Box[]): Map<string, Box[]> {
  const out = new Map<string, Box[]>()
  for (const box of boxes) if (box.system) out.set(box.system, [...(out.get(box.system) ?? []), box])
  for (const [system, inside] of out) if (inside.length < 2) out.delete(system)
  return out
}

/** Moves everything so that one box stands where it stood. */
export function anchored(placed: Placed, id: string | undefined, before: Map<string, Point> | undefined): Placed {
  const now = id === undefined ? undefined : placed.at.get(id)
  const then = id === undefined ? undefined : before?.get(id)
  if (!now || !then) return placed
  const [dx, dy] = [then.x - now.x, then.y - now.y]
  const move = <T extends Point>(p: T): T => ({ ...p, x: p.x + dx, y: p.y + dy })
  const each = <T>(map: Map<string, T>, f: (value: T) => T) => new Map([...map].map(([k, v]) => [k, f(v)]))
  return {
    at: each(placed.at, move),
    regions: each(placed.regions, move),
    corners: each(placed.corners, (points) => points.map(move)),
    kept: placed.kept,
  }
}

/** More new boxes than this are laid out anew: put in one by one they would make no picture. */
const FEW = 14

/**
 * Leaves every known box where it stands and puts new ones beside what they belong to: users in the column to the left of it,
 * needs to the right. Undefined where that makes no good picture; then everything is laid out anew.
 */
export function kept({ boxes, wires }: Drawing, grouped: boolean, before: Placed): Placed | undefined {
  const at = new Map<string, Point>()
  const fresh: Box[] = []
  for (const box of boxes) {
    const then = before.at.get(box.id)
    if (then) at.set(box.id, then)
    else fresh.push(box)
  }
  if (at.size === 0 || fresh.length > FEW || at.size < before.at.size / 2) return undefined
  // Each round puts in what touches something that stands; what touches nothing has no place.
  for (let left = fresh, round = 0; left.length > 0; round++) {
    const placed = left.filter((box) => {
      const strange = grouped ? [...before.regions].flatMap(([system, r]) => (system === box.system ? [] : [r])) : []
      const spot = spotFor(box, wires, at, strange)
      if (spot) at.set(box.id, spot)
      return spot !== undefined
    })
    if (placed.length === 0 || round > FEW) return undefined
    left = left.filter((box) => !placed.includes(box))
  }
  const regions = new Map<string, Rect>()
  if (grouped)
    for (const [system, inside] of regionsOf(boxes))
      regions.set(system, around(inside.map((box) => at.get(box.id) ?? { x: 0, y: 0 })))
  if (!clear(boxes, at, regions)) return undefined
  const moved = new Set(fresh.map((b) => b.id))
  const corners = new Map(
    [...before.corners].filter(([id]) => wires.some((w) => w.id === id && !moved.has(w.from) && !moved.has(w.to))),
  )
  return { at, regions, corners, kept: true }
}

function spotFor(box: Box, wires: Wire[], at: Map<string, Point>, strange: Rect[]): Point | undefined {
  for (const { from, to } of wires) {
    const beside = from === box.id ? at.get(to) : to === box.id ? at.get(from) : undefined
    if (!beside) continue
    const x = beside.x + (from === box.id ? -1 : 1) * (NODE.width + COLUMN)
    return { x, y: freeRow(x, beside.y, [...at.values()], strange) }
  }
  return undefined
}

/** The row nearest to `y` in which nothing stands at `x`, and no region that it does not belong to. */
function freeRow(x: number, y: number, taken: Point[], strange: Rect[]): number {
  const near = taken.filter((p) => Math.abs(p.x - x) < NODE.width + 20)
  const walls = strange.filter((r) => x < r.x + r.width + 10 && r.x < x + NODE.width + 10)
  const step = (NODE.height + ROW) / 2
  for (let n = 0; ; n++) {
    const row = y + (n % 2 === 0 ? 1 : -1) * Math.ceil(n / 2) * step
    const free =
      near.every((p) => Math.abs(p.y - row) >= NODE.height + 10) &&
      walls.every((r) => row + NODE.height + 10 <= r.y || row >= r.y + r.height + 10)
    if (free) return row
  }
}

/** The region around boxes, and around the lines that pass between them. */
export function around(boxes: Point[], lines: number[] = []): Rect {
  const left = Math.min(...boxes.map((p) => p.x)) - REGION.side
  const top = Math.min(...boxes.map((p) => p.y), ...lines) - REGION.top
  return {
    x: left,
    y: top,
    width: Math.max(...boxes.map((p) => p.x)) + NODE.width + REGION.side - left,
    height: Math.max(...boxes.map((p) => p.y + NODE.height), ...lines) + REGION.bottom - top,
  }
}

/** No region covers a stranger or another region. */
function clear(boxes: Box[], at: Map<string, Point>, regions: Map<string, Rect>): boolean {
  const all = [...regions]
  for (const [i, [system, rect]] of all.entries()) {
    if (all.slice(i + 1).some(([, other]) => overlap(rect, other))) return false
    for (const box of boxes) {
      const p = at.get(box.id)
      if (p && box.system !== system && overlap(rect, { ...p, ...NODE })) return false
    }
  }
  return true
}

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

export function bounds(placed: Placed): Rect {
  const rects: Rect[] = [...placed.regions.values(), ...[...placed.at.values()].map((p) => ({ ...p, ...NODE }))]
  const corners = [...placed.corners.values()].flat()
  if (rects.length === 0) return { x: 0, y: 0, width: 0, height: 0 }
  const x = Math.min(...rects.map((r) => r.x), ...corners.map((p) => p.x))
  const y = Math.min(...rects.map((r) => r.y), ...corners.map((p) => p.y))
  return {
    x,
    y,
    width: Math.max(...rects.map((r) => r.x + r.width), ...corners.map((p) => p.x)) - x,
    height: Math.max(...rects.map((r) => r.y + r.height), ...corners.map((p) => p.y)) - y,
  }
}

/**
 * The lines of the wires, from the right side of who needs to the left side of what is needed. One that can go straight does;
 * where a box stands in its way it goes by the corners of the layout.
 */
export function pathsOf({ boxes, wires }: Pick<Drawing, 'boxes' | 'wires'>, placed: Placed): Map<string, string> {
  const stand = boxes.flatMap(({ id }) => {
    const at = placed.at.get(id)
    return at ? [{ id, ...at }] : []
  })
  return new Map(wires.map((wire) => [wire.id, pathOf(wire, placed, stand)]))
}

function pathOf(wire: Wire, placed: Placed, stand: (Point & { id: string })[]): string {
  const from = placed.at.get(wire.from)
  const to = placed.at.get(wire.to)
  if (!from || !to) return ''
  const middle = NODE.height / 2
  const out = { x: from.x + NODE.width, y: from.y + middle }
  const into = { x: to.x, y: to.y + middle }
  const straight = curve(out, into)
  const corners = placed.corners.get(wire.id)
  const [first] = corners ?? []
  if (!corners || !first) return svgCurve(straight)
  // A line against the stream, in a circle of needs, leaves and arrives where the layout says.
  if (first.x < from.x + NODE.width / 2) return led(corners)
  // Within a block it goes between the rows, also where the way across is free.
  if (corners.length > LONG) return led([out, ...corners.slice(1, -1), into])
  const others = stand.filter((p) => p.id !== wire.from && p.id !== wire.to)
  const free = into.x > out.x && samples(straight).every((p) => others.every((box) => !inside(p, box)))
  return free ? svgCurve(straight) : led([out, ...corners.slice(1, -1), into])
}

/** Corners of a line that passes boxes; one that begins or ends in a block has more. */
const LONG = 4

type Curve = [Point, Point, Point, Point]

/** Backwards it swings out, so that it is seen beside the boxes. */
const SWING = 60

function curve(a: Point, b: Point): Curve {
  const reach = b.x < a.x ? SWING : Math.max(16, (b.x - a.x) / 2)
  return [a, { x: a.x + reach, y: a.y }, { x: b.x - reach, y: b.y }, b]
}

const SAMPLES = 24

function samples([a, b, c, d]: Curve): Point[] {
  return Array.from({ length: SAMPLES - 1 }, (_, i) => {
    const t = (i + 1) / SAMPLES
    const u = 1 - t
    const at = (key: 'x' | 'y') => u ** 3 * a[key] + 3 * u * u * t * b[key] + 3 * u * t * t * c[key] + t ** 3 * d[key]
    return { x: at('x'), y: at('y') }
  })
}

function inside(p: Point, box: Point): boolean {
  return p.x > box.x && p.x < box.x + NODE.width && p.y > box.y && p.y < box.y + NODE.height
}

const svgCurve = ([a, b, c, d]: Curve) => `M${at(a)}C${at(b)} ${at(c)} ${at(d)}`

const CORNER = 14

/** A line through points: level from one to the next, around corners, and in a curve where the next is higher or lower. */
function led(points: Point[]): string {
  let d = ''
  points.forEach((p, i) => {
    const [before, after] = [points[i - 1], points[i + 1]]
    if (!before) d += `M${at(p)}`
    else if (slanted(before, p)) {
      const x = (before.x + p.x) / 2
      d += `C${at({ x, y: before.y })} ${at({ x, y: p.y })} ${at(p)}`
    } else if (!after || slanted(p, after)) d += `L${at(p)}`
    else d += `L${at(towards(p, before))}Q${at(p)} ${at(towards(p, after))}`
  })
  return d
}

const slanted = (a: Point, b: Point) => Math.abs(a.x - b.x) > 1 && Math.abs(a.y - b.y) > 1

function towards(from: Point, to: Point): Point {
  const far = Math.hypot(to.x - from.x, to.y - from.y)
  const part = far === 0 ? 0 : Math.min(CORNER, far / 2) / far
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
}

const at = (p: Point) => `${String(Math.round(p.x * 10) / 10)} ${String(Math.round(p.y * 10) / 10)}`
