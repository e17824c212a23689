/** A line between two boxes, by their numbers: from who needs to what is needed. */
export type Line = readonly [from: number, to: number]

/**
 * The column in which each box stands, so that a line goes from left to right, and which lines go against that because they
 * close a circle. Columns are as few as can be, and lines as short as a few looks make them.
 */
export function columnsOf(boxes: number, lines: Line[]): { columns: number[]; back: boolean[] } {
  const order = streamOf(boxes, lines)
  const place = new Map(order.map((box, i) => [box, i]))
  const back = lines.map(([from, to]) => (place.get(from) ?? 0) > (place.get(to) ?? 0))
  const forward = lines.map(([from, to], i): Line => (back[i] ? [to, from] : [from, to]))
  // Once from the left and once from the right: which is shorter depends on where the graph is wide.
  const early = shortened(order, forward, false)
  const late = shortened(order, forward, true)
  const length = (columns: number[]) =>
    forward.reduce((sum, [from, to]) => sum + (columns[to] ?? 0) - (columns[from] ?? 0), 0)
  const columns = length(late) < length(early) ? late : early
  const least = Math.min(...columns)
  return { columns: columns.map((c) => c - least), back }
}

const LOOKS = 8

function shortened(order: number[], lines: Line[], late: boolean): number[] {
  const after: number[][] = order.map(() => [])
  const before: number[][] = order.map(() => [])
  for (const [from, to] of lines) {
    after[from]?.push(to)
    before[to]?.push(from)
  }
  const columns = order.map(() => 0)
  const column = (box: number) => columns[box] ?? 0
  const leftmost = (box: number) => Math.max(...(before[box] ?? []).map((b) => column(b) + 1))
  const rightmost = (box: number) => Math.min(...(after[box] ?? []).map((b) => column(b) - 1))
  if (late) for (const box of [...order].reverse()) columns[box] = Math.min(0, rightmost(box))
  else for (const box of order) columns[box] = Math.max(0, leftmost(box))
  // What has more on one side goes as near to that side as it may.
  for (let look = 0; look < LOOKS; look++)
    for (const box of look % 2 === 0 ? [...order].reverse() : order) {
      const [ins, outs] = [before[box]?.length ?? 0, after[box]?.length ?? 0]
      if (outs > ins) columns[box] = rightmost(box)
      else if (ins > outs) columns[box] = leftmost(box)
    }
  return columns
}

/**
 * Boxes in an order against which few lines go: what needs nothing more goes to the end, what nothing more needs to the
 * beginning, and where everything is in circles, what needs most and is needed least.
 */
function streamOf(boxes: number, lines: Line[]): number[] {
  const ins = Array.from({ length: boxes }, () => 0)
  const outs = Array.from({ length: boxes }, () => 0)
  for (const [from, to] of lines) {
    outs[from] = (outs[from] ?? 0) + 1
    ins[to] = (ins[to] ?? 0) + 1
  }
  const left = new Set(ins.keys())
  const [head, tail]: [number[], number[]] = [[], []]
  const take = (box: number) => {
    left.delete(box)
    for (const [from, to] of lines) {
      if (from === box) ins[to] = (ins[to] ?? 0) - 1
      if (to === box) outs[from] = (outs[from] ?? 0) - 1
    }
  }
  const next = (): [number, number[]] => {
    let [best, most] = [-1, -Infinity]
    for (const box of left) {
      const [i, o] = [ins[box] ?? 0, outs[box] ?? 0]
      if (o === 0) return [box, tail]
      if (i === 0) return [box, head]
      if (o - i > most) [best, most] = [box, o - i]
    }
    return [best, head]
  }
  while (left.size > 0) {
    const [box, to] = next()
    to.push(box)
    take(box)
  }
  return [...head, ...tail.reverse()]
}
