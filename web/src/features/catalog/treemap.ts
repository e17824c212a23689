export interface Box {
  x: number
  y: number
  w: number
  h: number
}

/**
 * Fills a box with one rectangle for each size, in their order, as near to squares as it goes: rectangles are laid in
 * rows along the shorter side, and a row is closed when another one in it would make its worst rectangle longer. Sizes
 * are positive, the largest first.
 */
export function squarify(sizes: number[], box: Box): Box[] {
  const total = sizes.reduce((sum, s) => sum + s, 0)
  if (total <= 0 || box.w <= 0 || box.h <= 0) return sizes.map(() => ({ x: box.x, y: box.y, w: 0, h: 0 }))
  const scale = (box.w * box.h) / total
  const areas = sizes.map((s) => s * scale)
  const out: Box[] = []
  let left = { ...box }
  for (let from = 0; from < areas.length;) {
    const side = Math.min(left.w, left.h)
    let to = from + 1
    let sum = areas[from] ?? 0
    let worst = ratio(areas[from] ?? 0, areas[from] ?? 0, sum, side)
    while (to < areas.length) {
      const next = areas[to] ?? 0
      const then = ratio(areas[from] ?? 0, next, sum + next, side)
      if (then > worst) break
      sum += next
      worst = then
      to++
    }
    left = layRow(areas.slice(from, to), sum, left, out)
    from = to
  }
  return out
}

/** The longest rectangle of a row: how many times its one side is the other. */
function ratio(largest: number, smallest: number, sum: number, side: number): number {
  const s2 = sum * sum
  const w2 = side * side
  return Math.max((w2 * largest) / s2, s2 / (w2 * smallest))
}

/** Lays a row along the shorter side and returns what is left of the box. */
function layRow(areas: number[], sum: number, box: Box, out: Box[]): Box {
  const upright = box.w >= box.h
  const thick = sum / (upright ? box.h : box.w)
  let at = upright ? box.y : box.x
  for (const area of areas) {
    const long = area / thick
    out.push(upright ? { x: box.x, y: at, w: thick, h: long } : { x: at, y: box.y, w: long, h: thick })
    at += long
  }
  return upright
    ? { x: box.x + thick, y: box.y, w: Math.max(0, box.w - thick), h: box.h }
    : { x: box.x, y: box.y + thick, w: box.w, h: Math.max(0, box.h - thick) }
}

/** A box without its border: room for a heading above, and air around. */
export function inner(box: Box, head: number, air: number): Box {
  return {
    x: box.x + air,
    y: box.y + head,
    w: Math.max(0, box.w - 2 * air),
    h: Math.max(0, box.h - head - air),
  }
}

/** Edges on whole pixels, so that hairlines are sharp and neighbours meet. */
export function snapped({ x, y, w, h }: Box): Box {
  const [left, top] = [Math.round(x), Math.round(y)]
  return { x: left, y: top, w: Math.round(x + w) - left, h: Math.round(y + h) - top }
}
