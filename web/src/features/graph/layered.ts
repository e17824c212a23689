import { blocksOf, heightOf, laneOf, squareOf, standsOf, type Block } from './blocks.ts'
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
  const stands = standsIn(
    boxes.length,
    blocksOf(columns, lines, back, regionOf, (i) => wires[i]?.look === 'call'),
  )
  const standOf = boxes.map((_, box) => stands.findIndex((stand) => stand.boxes.includes(box)))

  const strands = stands.map(({ boxes: [box = 0], block }): Strand => {
    const first = block?.first ?? columns[box] ?? 0
    return { first, last: first + (block?.wide ?? 1) - 1, left: [], right: [], region: regionOf[box] ?? -1 }
  })
  const turns: number[] = []
  const known = new Map<string, number | undefined>()
  // The strand by which each long line passes what is between its ends. All lines of a block to one end pass together.
  const passes = lines.map(([from, to], i): number | undefined => {
    const [a = 0, b = 0] = (back[i] ? [to, from] : [from, to]).map((box) => standOf[box])
    const [left, right] = [strands[a], strands[b]]
    if (!left || !right) return undefined
    turns[left.last] = (turns[left.last] ?? 0) + 1
    const far = right.first > left.last + 1
    if (far) turns[right.first - 1] = (turns[right.first - 1] ?? 0) + 1
    const key = `${String(a)} ${String(b)}`
    if (known.has(key)) return known.get(key)
    if (!far) {
      left.right.push(b)
      right.left.push(a)
      known.set(key, undefined)
      return undefined
    }
    const region = left.region === right.region ? left.region : -1
    const id = strands.push({ first: left.last + 1, last: right.first - 1, left: [a], right: [b], region }) - 1
    left.right.push(id)
    right.left.push(id)
    known.set(key, id)
    return id
  })

  const order = orderOf(strands, startOf(strands, stands.length))
  const rows = placedRows(strands, order, stands, systems.length)
  const xs = columnsAt(turns, Math.max(...strands.map(({ last }) => last)))
  inLevel(stands, order, lines, standOf)
  const at = new Map<string, Point>()
  const spots = boxes.map((): Point => ({ x: 0, y: 0 }))
  stands.forEach((stand, s) => {
    const top = rows[s] ?? 0
    const { block } = stand
    const points = block ? standsOf(block, xs, top) : [{ x: xs[strands[s]?.first ?? 0] ?? 0, y: top }]
    stand.boxes.forEach((box, i) => {
      const [id, point] = [boxes[box]?.id, points[i]]
      if (id === undefined || !point) return
      at.set(id, point)
      spots[box] = point
    })
  })
  /** The way of a line within the block of one of its ends. */
  const lane = (box: number, side: 'in' | 'out'): Point[] => {
    const stand = stands[standOf[box] ?? -1]
    return stand?.block ? laneOf(stand.block, stand.boxes.indexOf(box), spots[box] ?? { x: 0, y: 0 }, xs, side) : []
  }
  const corners = new Map<string, Point[]>()
  wires.forEach((wire, i) => {
    const [from, to] = [at.get(wire.from), at.get(wire.to)]
    const pass = passes[i]
    const strand = pass === undefined ? undefined : strands[pass]
    const [a = 0, b = 0] = lines[i] ?? []
    if (!from || !to) return
    const row = pass === undefined ? 0 : (rows[pass] ?? 0)
    const between = [
      ...lane(a, 'out'),
      ...(strand
        ? [
            { x: xs[strand.first] ?? 0, y: row },
            { x: (xs[strand.last] ?? 0) + NODE.width, y: row },
          ]
        : []),
      ...lane(b, 'in'),
    ]
    if (between.length === 0 && !back[i]) return
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
          return s >= stands.length && strand && strand.region === systems.indexOf(system) ? [rows[s] ?? 0] : []
        }),
      ),
    ]),
  )
  return { at, regions: rects, corners, kept: false }
}

const BESIDE = 9

/** What has a row of its own: a box, or a block of many. */
interface Stand {
  boxes: number[]
  block?: Block
}

/** In the order of the boxes; a block stands where its first does. */
function standsIn(boxes: number, blocks: Block[]): Stand[] {
  const out: Stand[] = []
  const done = new Set<Block>()
  for (let box = 0; box < boxes; box++) {
    const block = blocks.find((b) => b.boxes.includes(box))
    if (!block) out.push({ boxes: [box] })
    else if (!done.has(block)) {
      done.add(block)
      out.push({ boxes: block.boxes, block })
    }
  }
  return out
}

/** Within a block those stand above that are tied to what is above. */
function inLevel(stands: Stand[], order: number[], lines: Line[], standOf: number[]): void {
  const place = new Map(order.map((s, i) => [s, i]))
  const level = new Map<number, number[]>()
  const add = (box: number, other: number) => {
    level.set(box, [...(level.get(box) ?? []), place.get(standOf[other] ?? 0) ?? 0])
  }
  for (const { block, boxes } of stands) {
    if (!block) continue
    const inside = new Set(boxes)
    for (const [from, to] of lines) {
      if (inside.has(from)) add(from, to)
      if (inside.has(to)) add(to, from)
    }
    const mean = (box: number) => {
      const all = level.get(box) ?? [0]
      return all.reduce((sum, n) => sum + n, 0) / all.length
    }
    boxes.sort((a, b) => mean(a) - mean(b) || a - b)
  }
}

/** What of a region is tied to nothing has no column of its own: it fills a block beside the rest of it. */
function spread(columns: number[], lines: Line[], regionOf: number[]): void {
  const tied = new Set(lines.flat())
  for (const region of new Set(regionOf.filter((r) => r >= 0))) {
    const inside = regionOf.flatMap((r, box) => (r === region ? [box] : []))
    const loose = inside.filter((box) => !tied.has(box))
    const rest = inside.filter((box) => tied.has(box))
    const first = rest.length > 0 ? Math.min(...rest.map((box) => columns[box] ?? 0)) : 0
    const wide = rest.length > 0 ? Math.max(...rest.map((box) => columns[box] ?? 0)) - first + 1 : 1
    const square = Math.ceil(squareOf(inside.length))
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
function placedRows(strands: Strand[], order: number[], stands: Stand[], regions: number): number[] {
  const heights = strands.map((_, s) => {
    const stand = stands[s]
    return !stand ? 0 : stand.block ? heightOf(stand.block) : NODE.height
  })
  // Numbered from above: strands in their order, each region's edges before and after what is in it.
  const kindOf = (s: number): Thing['is'] => (s < stands.length ? 'box' : 'line')
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
    if (edge && edge.top < 0) edge.top = things.push({ is: 'top', height: 0, first, last }) - 1
    const thing = { is: kindOf(s), height: heights[s] ?? 0, first: strand.first, last: strand.last }
    thingOf.set(s, things.push(thing) - 1)
    const next = strands[order[i + 1] ?? -1]
    if (edge && next?.region !== strand.region) edge.bottom = things.push({ is: 'bottom', height: 0, first, last }) - 1
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
      least.push({ above, below, apart: apart(upper, thing.is) })
    }
  })
  const pulls: Pull[] = []
  strands.forEach((strand, s) => {
    for (const t of strand.right) {
      const [one = 0, other = 0] = [thingOf.get(s), thingOf.get(t)]
      const by = ((heights[s] ?? 0) - (heights[t] ?? 0)) / 2
      pulls.push({ one, other, by, weight: s < stands.length && t < stands.length ? 1 : 2 })
    }
    const edge = edges[strand.region]
    const own = thingOf.get(s) ?? 0
    if (!edge) return
    const self = { is: kindOf(s), height: heights[s] ?? 0 }
    pulls.push({ one: edge.top, other: own, by: apart({ is: 'top', height: 0 }, self.is), weight: NEAR })
    pulls.push({ one: own, other: edge.bottom, by: apart(self, 'bottom'), weight: NEAR })
  })
  const rows = squeezed(rowsOf(things.length, least, pulls), things)
  return strands.map((_, s) => rows[thingOf.get(s) ?? 0] ?? 0)
}

/** Without bands in which nothing stands: what is between two lines of boxes is as high as looks well. */
function squeezed(rows: Float64Array, things: Thing[]): Float64Array {
  const taken = things
    .map(({ is, height }, i) => {
      const row = rows[i] ?? 0
      return [row - (is === 'bottom' ? REGION.bottom : 0), row + (is === 'top' ? REGION.top : height)] as const
    })
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

interface Thing {
  /** A box or a block of them, a line, or an edge of a region. */
  is: 'box' | 'line' | 'top' | 'bottom'
  height: number
  first: number
  last: number
}

/** How much what is in a region wants to be near its edges, beside what lines want. */
const NEAR = 0.15

/** From the upper edge of one thing to that of the next below it, at least. */
function apart({ is: above, height }: Pick<Thing, 'is' | 'height'>, below: Thing['is']): number {
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
