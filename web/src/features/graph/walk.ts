import type { Wire } from './fold.ts'
import { NODE, type Point } from './layout.ts'

export type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown'

/**
 * Where an arrow leads from a box: left and right along its lines, back to where one came from, else to the end that is
 * nearest in height; up and down to the next box of its column, or, where there is none, to the nearest in that direction.
 */
export function walk(
  from: string,
  arrow: Arrow,
  at: Map<string, Point>,
  wires: Wire[],
  came?: string,
): string | undefined {
  const here = at.get(from)
  if (!here) return at.keys().next().value
  if (arrow === 'ArrowLeft' || arrow === 'ArrowRight') {
    const ends = wires.flatMap((w) =>
      arrow === 'ArrowRight' ? (w.from === from ? [w.to] : []) : w.to === from ? [w.from] : [],
    )
    return came !== undefined && ends.includes(came) ? came : nearest(ends, at, (p) => Math.abs(p.y - here.y))
  }
  const sign = arrow === 'ArrowDown' ? 1 : -1
  const ahead = [...at].filter(([id, p]) => id !== from && (p.y - here.y) * sign > NODE.height / 4).map(([id]) => id)
  const column = ahead.filter((id) => Math.abs((at.get(id)?.x ?? 0) - here.x) < NODE.width / 2)
  return nearest(column.length > 0 ? column : ahead, at, (p) => Math.abs(p.y - here.y) + 2 * Math.abs(p.x - here.x))
}

function nearest(ids: string[], at: Map<string, Point>, far: (p: Point) => number): string | undefined {
  let best: string | undefined
  let least = Infinity
  for (const id of ids) {
    const p = at.get(id)
    if (p && far(p) < least) {
      best = id
      least = far(p)
    }
  }
  return best
}
