import type { Box, Drawing, Wire } from './fold.ts'
import { columnsOf, type Line } from './layers.ts'
import { around, bounds, COLUMN, NODE, REGION, regionsOf, ROW, type Placed, type Point, type Rect } from './layout.ts'
import { orderOf, type Strand } from './order.ts'
import { rowsOf, type Bound, type Pull } from './rows.ts'

/** Between two lines that pass boxes, and between such a line and a box. */
const LINES = { line: 10, box: 13 }
/** A column is as much wider as lines turn before it. */
const TURN = { each: 3, most: 33 }

/** A part of a graph that nothing ties to the rest. */
interface Part {
  boxes: Box[]
  wires: Wire[]
}

/**
 * Columns from who needs to what is needed, systems as regions around what is in them, long lines led between the boxes. Parts
 * that nothing ties to each other stand in rows. Takes milliseconds for what is drawn at once, so a graph stands in the first
 * frame that has its data.
 */
export function layered(drawing: Drawing, grouped: boolean, before?: Map<string, Point>): Placed {
  const { wires } = drawing
  // In the order in which they stood before, so that what was above stays above.
  const rank = (box: Box) => before?.get(box.id)?.y ?? Number.MAX_SAFE_INTEGER
  const boxes = [...drawing.boxes].sort((a, b) => rank(a) - rank(b))
  const regions = grouped ? regionsOf(boxes) : new Map<string, Box[]>()
  const parts = partsOf(boxes, wires, regions).map((part) => placedPart(part, regions))
  return inRows(parts)
}

function partsOf(boxes: Box[], wires: Wire[], regions: Map<string, Box[]>): Part[] {
  const root = new Map(boxes.map(({ id }) => [id, id]))
  const find = (id: string): string => {
    const up = root.get(id) ?? id
    if (up === id) return id
    const top = find(up)
    root.set(id, top)
    return top
  }
  for (const { from, to } of wires) root.set(find(to), find(from))
  for (const [first, ...rest] of regions.values())
    if (first) for (const { id } of rest) root.set(find(id), find(first.id))
  const parts = new Map<string, Part>()
  const partAt = (id: string) => {
    const part = parts.get(find(id)) ?? { boxes: [], wires: [] }
    parts.set(find(id), part)
    return part
  }
  for (const box of boxes) partAt(box.id).boxes.push(box)
  for (const wire of wires) partAt(wire.from).wires.push(wire)
  return [...parts.values()]
}

function placedPart({ boxes, wires }: Part, regions: Map<string, Box[]>): Placed {
  const number = new Map(boxes.map(({ id }, i) => [id, i]))
  const lines = wires.map((w): Line => [number.get(w.from) ?? 0, number.get(w.to) ?? 0])
  const { columns, back } = columnsOf(boxes.length, lines)
  const systems = [...regions.keys()].filter((system) => boxes.some((b) => b.system === system))
  const regionOf = boxes.map(({ system }) => (system === undefined ? -1 : systems.indexOf(system)))
  spread(columns, lines, regionOf)

  const strands = boxes.map((_, i): Strand => ({
    first: columns[i] ?? 0,
    last: columns[i] ?? 0,
    left: [],
    right: [],
    region: regionOf[i] ?? -1,
  }))
  const turns: number[] = []
  // The strand by which each long line passes what is between its ends.
  const passes = lines.map(([from, to], i): number | undefined => {
    const [a, b] = back[i] ? [to, from] : [from, to]
    const [left, right] = [strands[a], strands[b]]
    if (!left || !right) return undefined
    turns[left.last] = (turns[left.last] ?? 0) + 1
    if (right.first === left.last + 1) {
      left.right.push(b)
      right.left.push(a)
      return undefined
    }
    turns[right.first - 1] = (turns[right.first - 1] ?? 0) + 1
    const region = left.region === right.region ? left.region : -1
    const id = strands.push({ first: left.last + 1, last: right.first - 1, left: [a], right: [b], region }) - 1
    left.right.push(id)
    right.left.push(id)
    return id
  })

  const order = orderOf(strands, startOf(strands, boxes.length))
  const rows = placedRows(strands, order, boxes.length, systems.length)
  const xs = columnsAt(turns, Math.max(...columns))
  const at = new Map(boxes.map(({ id }, i) => [id, { x: xs[columns[i] ?? 0] ?? 0, y: rows[i] ?? 0 }]))
  const corners = new Map<string, Point[]>()
  wires.forEach((wire, i) => {
    const [from, to] = [at.get(wire.from), at.get(wire.to)]
    const pass = passes[i]
    const strand = pass === undefined ? undefined : strands[pass]
    if (!from || !to || (!strand && !back[i])) return
    const row = pass === undefined ? 0 : (rows[pass] ?? 0)
    const between = strand
      ? [
          { x: xs[strand.first] ?? 0, y: row },
          { x: (xs[strand.last] ?? 0) + NODE.width, y: row },
        ]
      : []
    const middle = NODE.height / 2
    // Against the stream it leaves on the left and comes in on the right, beside the line that goes with it.
    corners.set(
      wire.id,
      back[i]
        ? [
            { x: from.x, y: from.y + middle + BESIDE },
            ...between.reverse(),
            { x: to.x + NODE.width, y: to.y + middle + BESIDE },
          ]
        : [{ x: from.x + NODE.width, y: from.y + middle }, ...between, { x: to.x, y: to.y + middle }],
    )
  })
  const rects = new Map(
    systems.map((system): [string, Rect] => [
      system,
      around(
        boxes.filter((b) => b.system === system).map((b) => at.get(b.id) ?? { x: 0, y: 0 }),
        order.flatMap((s) => {
          const strand = strands[s]
          return s >= boxes.length && strand && strand.region === systems.indexOf(system) ? [rows[s] ?? 0] : []
        }),
      ),
    ]),
  )
  return { at, regions: rects, corners, kept: false }
}

const BESIDE = 9

/** What of a region is tied to nothing has no column of its own: it fills a block beside the rest of it. */
function spread(columns: number[], lines: Line[], regionOf: number[]): void {
  const tied = new Set(lines.flat())
  for (const region of new Set(regionOf.filter((r) => r >= 0))) {
    const inside = regionOf.flatMap((r, box) => (r === region ? [box] : []))
    const loose = inside.filter((box) => !tied.has(box))
    const rest = inside.filter((box) => tied.has(box))
    const first = rest.length > 0 ? Math.min(...rest.map((box) => columns[box] ?? 0)) : 0
    const wide = rest.length > 0 ? Math.max(...rest.map((box) => columns[box] ?? 0)) - first + 1 : 1
    const square = Math.ceil(Math.sqrt((inside.length * ASPECT * (NODE.height + ROW)) / (NODE.width + COLUMN)))
    const taken = Array.from({ length: Math.max(wide, square) }, () => 0)
    for (const box of rest) taken[(columns[box] ?? 0) - first] = (taken[(columns[box] ?? 0) - first] ?? 0) + 1
    for (const box of loose) {
      const column = taken.indexOf(Math.min(...taken))
      columns[box] = first + column
      taken[column] = (taken[column] ?? 0) + 1
    }
  }
}

/** As wide as this for its height, where there is a choice. */
const ASPECT = 1.7

/** As the boxes are given, each long line beside where it begins. */
function startOf(strands: Strand[], boxes: number): number[] {
  return strands.map((_, i) => i).sort((a, b) => begin(a) - begin(b) || a - b)
  function begin(s: number): number {
    return s < boxes ? s : (strands[s]?.left[0] ?? s)
  }
}

function columnsAt(turns: number[], last: number): number[] {
  const out: number[] = []
  let x = 0
  for (let c = 0; c <= last; c++) {
    out.push(x)
    x += NODE.width + COLUMN + Math.min(TURN.most, TURN.each * (turns[c] ?? 0))
  }
  return out
}

/** The row of each strand: a box's upper edge, a line's height. Regions have an upper and a lower edge among them. */
function placedRows(strands: Strand[], order: number[], boxes: number, regions: number): number[] {
  // Numbered from above: strands in their order, each region's edges before and after what is in it.
  const things: Thing[] = []
  const thingOf = new Map<number, number>()
  const edges = Array.from({ length: regions }, () => ({ top: -1, bottom: -1 }))
  const spans = Array.from({ length: regions }, (_, r) => {
    const inside = strands.filter((s) => s.region === r)
    return [Math.min(...inside.map((s) => s.first)), Math.max(...inside.map((s) => s.last))] as const
  })
  order.forEach((s, i) => {
    const strand = strands[s]
    if (!strand) return
    const edge = edges[strand.region]
    const [first = 0, last = 0] = spans[strand.region] ?? []
    if (edge && edge.top < 0) edge.top = things.push({ is: 'top', first, last }) - 1
    thingOf.set(s, things.push({ is: s < boxes ? 'box' : 'line', first: strand.first, last: strand.last }) - 1)
    const next = strands[order[i + 1] ?? -1]
    if (edge && next?.region !== strand.region) edge.bottom = things.push({ is: 'bottom', first, last }) - 1
  })
  const least: Bound[] = []
  const lately: number[] = []
  things.forEach((thing, below) => {
    const seen = new Set<number>()
    for (let c = thing.first; c <= thing.last; c++) {
      const above = lately[c]
      lately[c] = below
      const upper = above === undefined ? undefined : things[above]
      if (above === undefined || !upper || seen.has(above)) continue
      seen.add(above)
      least.push({ above, below, apart: apart(upper.is, thing.is) })
    }
  })
  const pulls: Pull[] = []
  strands.forEach((strand, s) => {
    for (const t of strand.right) {
      const [one = 0, other = 0] = [thingOf.get(s), thingOf.get(t)]
      const by = middleOf(s < boxes) - middleOf(t < boxes)
      pulls.push({ one, other, by, weight: s < boxes && t < boxes ? 1 : 2 })
    }
    const edge = edges[strand.region]
    const own = thingOf.get(s) ?? 0
    if (!edge) return
    pulls.push({ one: edge.top, other: own, by: apart('top', s < boxes ? 'box' : 'line'), weight: NEAR })
    pulls.push({ one: own, other: edge.bottom, by: apart(s < boxes ? 'box' : 'line', 'bottom'), weight: NEAR })
  })
  const rows = squeezed(rowsOf(things.length, least, pulls), things)
  return strands.map((_, s) => rows[thingOf.get(s) ?? 0] ?? 0)
}

/** Without bands in which nothing stands: what is between two lines of boxes is as high as looks well. */
function squeezed(rows: Float64Array, things: Thing[]): Float64Array {
  const taken = things
    .map(({ is }, i) => [(rows[i] ?? 0) - (is === 'bottom' ? REGION.bottom : 0), (rows[i] ?? 0) + HEIGHTS[is]] as const)
    .sort(([a], [b]) => a - b)
  const cuts: { below: number; by: number }[] = []
  let end = taken[0]?.[0] ?? 0
  let cut = 0
  for (const [from, to] of taken) {
    if (from - end > ROW) cuts.push({ below: from, by: (cut += from - end - ROW) })
    end = Math.max(end, to)
  }
  return rows.map((row, i) => {
    const top = row - (things[i]?.is === 'bottom' ? REGION.bottom : 0)
    return row - (cuts.findLast(({ below }) => below <= top)?.by ?? 0)
  })
}

const HEIGHTS: Record<Thing['is'], number> = { box: NODE.height, line: 0, top: REGION.top, bottom: 0 }

interface Thing {
  is: 'box' | 'line' | 'top' | 'bottom'
  first: number
  last: number
}

/** How much what is in a region wants to be near its edges, beside what lines want. */
const NEAR = 0.15

const middleOf = (box: boolean) => (box ? NODE.height / 2 : 0)

/** From the upper edge of one thing to that of the next below it, at least. */
function apart(above: Thing['is'], below: Thing['is']): number {
  const height = above === 'box' ? NODE.height : 0
  if (above === 'top') return below === 'bottom' ? 0 : REGION.top
  if (below === 'bottom') return height + REGION.bottom
  if (above === 'bottom' || below === 'top') return height + ROW
  if (above === 'line' && below === 'line') return LINES.line
  return height + (above === 'line' || below === 'line' ? LINES.box : ROW)
}

/** Between parts that nothing ties to each other. */
const PARTS = 40

/** The largest part first, the rest in rows that make a picture about as wide as a screen. */
function inRows(parts: Placed[]): Placed {
  const all: Placed = { at: new Map(), regions: new Map(), corners: new Map(), kept: false }
  const sized = parts.map((part) => ({ part, box: bounds(part) }))
  const area = sized.reduce((sum, { box }) => sum + (box.width + PARTS) * (box.height + PARTS), 0)
  const wide = Math.max(Math.sqrt(area * ASPECT), ...sized.map(({ box }) => box.width))
  sized.sort((a, b) => b.box.height - a.box.height)
  let [x, y, high] = [0, 0, 0]
  for (const { part, box } of sized) {
    if (x > 0 && x + box.width > wide) [x, y, high] = [0, y + high + PARTS, 0]
    const [dx, dy] = [x - box.x, y - box.y]
    for (const [id, p] of part.at) all.at.set(id, { x: p.x + dx, y: p.y + dy })
    for (const [id, r] of part.regions) all.regions.set(id, { ...r, x: r.x + dx, y: r.y + dy })
    for (const [id, points] of part.corners)
      all.corners.set(
        id,
        points.map((p) => ({ x: p.x + dx, y: p.y + dy })),
      )
    x += box.width + PARTS
    high = Math.max(high, box.height)
  }
  return all
}
