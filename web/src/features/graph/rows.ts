/** What stands in a column, from above: one thing, and how far below the top of the one before it begins at least. */
export interface Bound {
  above: number
  below: number
  apart: number
}

/** Two things that want to stand so that the second begins `by` below the first. */
export interface Pull {
  one: number
  other: number
  by: number
  weight: number
}

const STEPS = 90

/**
 * How far down each thing begins: no nearer to another than the bounds say, and as near to level with what it is tied to as
 * that leaves. Things are numbered so that a bound's upper one comes first.
 */
export function rowsOf(things: number, bounds: Bound[], pulls: Pull[]): Float64Array {
  const rows = new Float64Array(things)
  const down = byThing(things, bounds, (b) => b.below)
  const up = byThing(things, bounds, (b) => b.above)
  const tied: Pull[][] = Array.from({ length: things }, () => [])
  for (const pull of pulls) {
    tied[pull.one]?.push(pull)
    tied[pull.other]?.push(pull)
  }
  for (let i = 0; i < things; i++) rows[i] = lowest(down[i] ?? [], rows, 0)
  for (let step = 0; step < STEPS; step++) {
    // Half the way, or two that are tied to each other would change places for ever.
    const wish = rows.map((row, i) => (row + wishOf(i, tied[i] ?? [], rows, row, step >= STEPS / 2)) / 2)
    // Once pushed down where there is no room and once up: the midst of both keeps every bound, and leans to no side.
    const pushed = Float64Array.from(wish)
    for (let i = 0; i < things; i++) pushed[i] = lowest(down[i] ?? [], pushed, pushed[i] ?? 0)
    const raised = Float64Array.from(wish)
    for (let i = things - 1; i >= 0; i--) raised[i] = highest(up[i] ?? [], raised, raised[i] ?? 0)
    for (let i = 0; i < things; i++) rows[i] = ((pushed[i] ?? 0) + (raised[i] ?? 0)) / 2
  }
  return rows
}

function byThing(things: number, bounds: Bound[], of: (bound: Bound) => number): Bound[][] {
  const out: Bound[][] = Array.from({ length: things }, () => [])
  for (const bound of bounds) out[of(bound)]?.push(bound)
  return out
}

const lowest = (bounds: Bound[], rows: Float64Array, wish: number) =>
  bounds.reduce((row, b) => Math.max(row, (rows[b.above] ?? 0) + b.apart), wish)
const highest = (bounds: Bound[], rows: Float64Array, wish: number) =>
  bounds.reduce((row, b) => Math.min(row, (rows[b.below] ?? 0) - b.apart), wish)

/** Level with the middle one of what it is tied to, so that a line is straight; at first with their mean, which settles. */
function wishOf(i: number, tied: Pull[], rows: Float64Array, now: number, middle: boolean): number {
  if (tied.length === 0) return now
  const at = tied.map(({ one, other, by, weight }) => ({
    row: one === i ? (rows[other] ?? 0) - by : (rows[one] ?? 0) + by,
    weight,
  }))
  const all = at.reduce((sum, { weight }) => sum + weight, 0)
  if (!middle) return at.reduce((sum, { row, weight }) => sum + row * weight, 0) / all
  at.sort((a, b) => a.row - b.row)
  let sum = 0
  for (const [n, { row, weight }] of at.entries()) {
    sum += weight
    if (sum > all / 2) return row
    if (sum === all / 2) return (row + (at[n + 1]?.row ?? row)) / 2
  }
  return now
}
