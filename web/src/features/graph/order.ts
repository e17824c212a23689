/** What takes a row of one or more columns: a box, or the stretch of a long line that passes between boxes. */
export interface Strand {
  first: number
  last: number
  /** What it is tied to in the column before its first, and in the one after its last. */
  left: number[]
  right: number[]
  /** The region that it is in; -1 for none. */
  region: number
}

/** What is moved as one: a region with all that is in it, or a strand. */
type Unit = number[]

/**
 * From top to bottom: the strands of a region stand together, and where two stand in one column the earlier is above. Each is
 * tried at every place and put where the fewest lines cross; of those places, near to what it is tied to.
 */
export function orderOf(strands: Strand[], start: number[]): number[] {
  let units = unitsOf(strands, start)
  const rounds = strands.length > MANY ? 2 : ROUNDS
  for (let round = 0; round < rounds; round++) {
    const before = units.flat().join()
    units = sifted(strands, units, 'all')
    units = units.map((unit, i) =>
      unit.length < 2
        ? unit
        : sifted(
            strands,
            unit.map((s) => [s]),
            { units, at: i },
          ).flat(),
    )
    if (units.flat().join() === before) break
  }
  return units.flat()
}

const ROUNDS = 4
/** Above so many it is looked at twice only, so that nobody waits. */
const MANY = 60

function unitsOf(strands: Strand[], start: number[]): Unit[] {
  const units: Unit[] = []
  const byRegion = new Map<number, Unit>()
  for (const s of start) {
    const region = strands[s]?.region ?? -1
    const unit = region < 0 ? undefined : byRegion.get(region)
    if (unit) unit.push(s)
    else {
      const made = [s]
      units.push(made)
      if (region >= 0) byRegion.set(region, made)
    }
  }
  return units
}

/** More than there are strands in a region. */
const INNER = 4096

function sifted(strands: Strand[], units: Unit[], among: 'all' | { units: Unit[]; at: number }): Unit[] {
  const pos = new Float64Array(strands.length)
  const unitOf = new Int32Array(strands.length).fill(-1)
  if (among !== 'all') among.units.forEach((unit, t) => unit.forEach((s, i) => (pos[s] = t * INNER + i)))
  units.forEach((unit, u) => unit.forEach((s) => (unitOf[s] = u)))
  const base = among === 'all' ? 0 : among.at * INNER
  const step = among === 'all' ? INNER : 1
  const put = (unit: Unit, place: number) => {
    unit.forEach((s, i) => (pos[s] = base + place * step + (among === 'all' ? i : 0)))
  }
  const spans = units.map((unit) => [
    Math.min(...unit.map((s) => strands[s]?.first ?? 0)),
    Math.max(...unit.map((s) => strands[s]?.last ?? 0)),
  ])
  const selves = strands.map((_, s) => [s])
  let order = units.map((_, u) => u)
  for (const u of [...order]) {
    const unit = units[u] ?? []
    const [first = 0, last = 0] = spans[u] ?? []
    const others = order.filter((o) => o !== u)
    const old = order.indexOf(u)
    others.forEach((o, i) => {
      put(units[o] ?? [], i)
    })
    const wish = middleOf(strands, unit, unitOf, pos, (p) => (p - base) / step, others.length) ?? old
    let [sum, least, best, near] = [0, 0, 0, Math.abs(wish)]
    others.forEach((o, i) => {
      const [from = 0, to = 0] = spans[o] ?? []
      if (from <= last && first <= to) {
        put(unit, i - 0.5)
        sum += passing(strands, selves, unit, units[o] ?? [], unitOf, pos)
      }
      const far = Math.abs(i + 1 - wish)
      if (sum < least || (sum === least && far < near)) [least, best, near] = [sum, i + 1, far]
    })
    order = [...others.slice(0, best), u, ...others.slice(best)]
    order.forEach((o, i) => {
      put(units[o] ?? [], i)
    })
  }
  return order.map((u) => units[u] ?? [])
}

/** The place in the midst of what a unit is tied to; undefined where it is tied to nothing outside itself. */
function middleOf(
  strands: Strand[],
  unit: Unit,
  unitOf: Int32Array,
  pos: Float64Array,
  placeOf: (pos: number) => number,
  end: number,
): number | undefined {
  let [sum, n] = [0, 0]
  const own = unitOf[unit[0] ?? 0]
  for (const s of unit)
    for (const list of [strands[s]?.left ?? [], strands[s]?.right ?? []])
      for (const t of list)
        if (unitOf[t] !== own) {
          sum += Math.min(end, Math.max(0, placeOf(pos[t] ?? 0) + 0.5))
          n++
        }
  return n === 0 ? undefined : sum / n
}

/** How many more lines cross when the upper unit goes below the other one. */
function passing(
  strands: Strand[],
  selves: number[][],
  upper: Unit,
  lower: Unit,
  unitOf: Int32Array,
  pos: Float64Array,
): number {
  let more = 0
  const tied = (p: number, q: number, one: number[], other: number[]) => {
    for (const x of one)
      for (const y of other) {
        // Tied to each other's units: they cross as often either way.
        if (unitOf[x] !== unitOf[y] && mine(x, p, q) && mine(y, p, q)) continue
        const [a = 0, b = 0] = [pos[x], pos[y]]
        if (a < b) more++
        else if (a > b) more--
      }
  }
  const mine = (x: number, p: number, q: number) => unitOf[x] === unitOf[p] || unitOf[x] === unitOf[q]
  for (const p of upper)
    for (const q of lower) {
      const [a, b] = [strands[p], strands[q]]
      const [own, its] = [selves[p], selves[q]]
      if (!a || !b || !own || !its) continue
      for (let c = Math.max(a.first, b.first); c <= Math.min(a.last, b.last); c++) {
        tied(p, q, c < a.last ? own : a.right, c < b.last ? its : b.right)
        tied(p, q, c > a.first ? own : a.left, c > b.first ? its : b.left)
      }
    }
  return more
}
