import type { Line } from './layers.ts'
import { COLUMN, NODE, ROW, type Point } from './layout.ts'

/** Many boxes of one column, drawn as several columns beside each other, so that nobody scrolls through a tower of them. */
export interface Block {
  /** By their numbers, row by row. */
  boxes: number[]
  /** Its columns. */
  first: number
  wide: number
  /** Lines come in from the left, and go out to the right. */
  ins: boolean
  outs: boolean
  /** All of them are tied to the same, by whole lines: those of a row run as one. */
  one: boolean
}

/** More in one column than this are a block. */
const TALL = 12
/** As wide as this for its height. */
const ASPECT = 1.7

/** How many columns so many boxes fill. */
export const squareOf = (boxes: number): number =>
  Math.sqrt((boxes * ASPECT * (NODE.height + ROW)) / (NODE.width + COLUMN))

/**
 * The columns of a graph that are too tall, as blocks, each of what is in one region. What stands to the right of one makes
 * room for it; what is in a circle of needs stays out, since its lines come from behind.
 */
export function blocksOf(
  columns: number[],
  lines: Line[],
  back: boolean[],
  regionOf: number[],
  dashed: (line: number) => boolean,
): Block[] {
  const circled = new Set(lines.flatMap((line, i) => (back[i] ? line : [])))
  const ties = columns.map((): string[] => [])
  lines.forEach(([from, to], i) => {
    // Dashes that lie on each other would look whole.
    ties[from]?.push(`>${String(dashed(i) ? from : to)}`)
    ties[to]?.push(`<${String(dashed(i) ? to : from)}`)
  })
  const tieOf = (box: number) => ties[box]?.sort().join(' ')
  const [ins, outs] = [new Set(lines.map(([, to]) => to)), new Set(lines.map(([from]) => from))]
  const groups = new Map<string, number[]>()
  columns.forEach((column, box) => {
    if (circled.has(box)) return
    const key = `${String(column)} ${String(regionOf[box])}`
    groups.set(key, [...(groups.get(key) ?? []), box])
  })
  const tall = [...groups.values()].filter((boxes) => boxes.length > TALL)
  const blocks: Block[] = []
  // From the right, so that the columns to the left of one keep their numbers.
  for (const column of [...new Set(tall.map(([box = 0]) => columns[box] ?? 0))].sort((a, b) => b - a)) {
    const here = tall.filter(([box = 0]) => columns[box] === column)
    const wides = here.map((boxes) => Math.max(2, Math.floor(squareOf(boxes.length))))
    const more = Math.max(...wides) - 1
    for (const block of blocks) block.first += more
    const inBlocks = new Set(here.flat())
    columns.forEach((c, box) => {
      // Beside a block stands as near to what it is tied to as can be.
      if (c > column || (c === column && !inBlocks.has(box) && !ins.has(box))) columns[box] = c + more
    })
    here.forEach((boxes, i) => {
      const wide = wides[i] ?? 2
      const [come, go] = [boxes.some((box) => ins.has(box)), boxes.some((box) => outs.has(box))]
      const one = new Set(boxes.map(tieOf)).size === 1
      blocks.push({ boxes, first: come ? column : column + more + 1 - wide, wide, ins: come, outs: go, one })
    })
  }
  return blocks
}

/** Above the first row and below the last run lines as they do between rows. */
const LANES = ROW * 0.7

const padOf = ({ ins }: Block) => (ins ? LANES : 0)

export function heightOf(block: Block): number {
  const rows = Math.ceil(block.boxes.length / block.wide)
  return padOf(block) + rows * (NODE.height + ROW) - ROW + (block.outs ? LANES : 0)
}

/** Where the boxes of a block stand, in the order in which it has them. */
export function standsOf(block: Block, xs: number[], top: number): Point[] {
  return block.boxes.map((_, i) => ({
    x: xs[block.first + (i % block.wide)] ?? 0,
    y: top + padOf(block) + Math.floor(i / block.wide) * (NODE.height + ROW),
  }))
}

/** From a box to where a line turns beside it. */
const BESIDE = 18

/**
 * From a box of a block to the right edge of it, or from the left edge to the box: between the rows, each line in a lane of
 * its own, so that none crosses another; those that are tied to the same share one. None for the box that stands at the edge.
 */
export function laneOf(block: Block, place: number, box: Point, xs: number[], side: 'in' | 'out'): Point[] {
  const at = place % block.wide
  const past = side === 'out' ? block.wide - 1 - at : at
  if (past === 0) return []
  // Where lines come and go, each side has half of what is between two rows.
  const off = ((block.ins && block.outs ? ROW / 2 : ROW) * (block.one ? 1 : past)) / (block.one ? 2 : block.wide)
  const middle = box.y + NODE.height / 2
  if (side === 'in') {
    const lane = box.y - off
    const x = box.x - BESIDE
    return [
      { x: xs[block.first] ?? 0, y: lane },
      { x, y: lane },
      { x, y: middle },
    ]
  }
  const lane = box.y + NODE.height + off
  const x = box.x + NODE.width + BESIDE
  return [
    { x, y: middle },
    { x, y: lane },
    { x: (xs[block.first + block.wide - 1] ?? 0) + NODE.width, y: lane },
  ]
}
