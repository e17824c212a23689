import { describe, expect, it } from 'vitest'
import { placedFirst } from './first-layout.ts'
import { drawing, type Drawing } from './fold.ts'
import { layered } from './layered.ts'
import { anchored, bounds, kept, NODE, pathsOf, type Placed, type Rect } from './layout.ts'
import type { GraphNode } from './model.ts'
import { cut, svgOf, text, type Picture } from './svg.ts'
import { walk } from './walk.ts'

const node = (name: string, system?: string): GraphNode => ({
  ref: `component:default/${name}`,
  kind: 'component',
  namespace: 'default',
  name,
  depth: 0,
  more: 0,
  found: true,
  ...(system ? { system: `system:default/${system}` } : {}),
})
const id = (name: string) => `component:default/${name}`

function draw(nodes: GraphNode[], ...edges: [string, string][]): Drawing {
  const all = edges.map(([from, to]) => ({ from: id(from), to: id(to), type: 'dependsOn' }))
  return drawing({ revision: 1, nodes, edges: all, relations: [], omitted: 0 }, { roots: [], open: [] })
}

function lay(what: Drawing, grouped = true): Placed {
  return layered(what, grouped)
}

const chain = draw([node('a', 's'), node('b', 's'), node('c')], ['a', 'b'], ['b', 'c'])

describe('layout', () => {
  it('is remembered for as long as what is drawn is the same', () => {
    const again = draw([node('a', 's'), node('b', 's'), node('c')], ['a', 'b'], ['b', 'c'])
    const first = placedFirst(chain, true)
    expect(placedFirst(again, true)).toBe(first)
    expect(placedFirst(chain, false)).not.toBe(first)
    expect(placedFirst(draw([node('a', 's'), node('b', 's'), node('c')], ['a', 'b'], ['a', 'c']), true)).not.toBe(first)
    for (let i = 0; i < 24; i++) placedFirst(draw([node(`n${String(i)}`)]), true)
    expect(placedFirst(again, true)).not.toBe(first)
  })

  it('reads from the user to what it needs', () => {
    const { at } = lay(chain)
    const x = (name: string) => at.get(id(name))?.x ?? NaN
    expect(x('a') + NODE.width).toBeLessThan(x('b'))
    expect(x('b') + NODE.width).toBeLessThan(x('c'))
  })

  it('puts a system around what is in it, and around nothing else', () => {
    const { at, regions } = lay(chain)
    const region = regions.get('system:default/s')
    if (!region) throw new Error('there is no region')
    const within = (name: string) => {
      const p = at.get(id(name))
      return (
        p !== undefined &&
        p.x > region.x &&
        p.y > region.y &&
        p.x + NODE.width < region.x + region.width &&
        p.y + NODE.height < region.y + region.height
      )
    }
    expect([within('a'), within('b'), within('c')]).toEqual([true, true, false])
    expect(lay(chain, false).regions.size).toBe(0)
  })

  it('leaves no two boxes on each other at 200', () => {
    const nodes = Array.from({ length: 200 }, (_, i) => node(`n${String(i)}`, i % 3 ? `s${String(i % 7)}` : undefined))
    const edges = nodes.slice(1).map((_, i): [string, string] => [`n${String(i + 1)}`, `n${String(Math.floor(i / 3))}`])
    // As it would be drawn if everything was opened.
    const all = drawing(
      {
        revision: 1,
        nodes,
        edges: edges.map(([a, b]) => ({ from: id(a), to: id(b), type: 'dependsOn' })),
        relations: [],
        omitted: 0,
      },
      { roots: [], open: nodes.map((n) => n.ref) },
    )
    expect(all.boxes).toHaveLength(200)
    const points = [...lay(all).at.values()]
    expect(points).toHaveLength(200)
    const clash = points.some((p, i) =>
      points.slice(i + 1).some((q) => Math.abs(p.x - q.x) < NODE.width && Math.abs(p.y - q.y) < NODE.height),
    )
    expect(clash).toBe(false)
  })

  it('keeps what is drawn apart, whatever the graph', () => {
    // A generator of numbers that gives the same graphs each time.
    let seed = 7
    const any = (n: number) => (seed = (seed * 48271) % 2147483647) % n
    for (let graph = 0; graph < 40; graph++) {
      const size = 2 + any(40)
      const nodes = Array.from({ length: size }, (_, i) =>
        node(`n${String(i)}`, any(3) ? `s${String(any(5))}` : undefined),
      )
      const edges = Array.from({ length: any(2 * size) }, (): [string, string] => [
        `n${String(any(size))}`,
        `n${String(any(size))}`,
      ])
      const all = draw(nodes, ...edges)
      const { at, regions, corners } = lay(all)
      const boxes = all.boxes.map((box) => ({ ...box, ...NODE, ...(at.get(box.id) ?? { x: NaN, y: NaN }) }))
      const apart = (a: Rect, b: Rect) =>
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
      for (const [i, box] of boxes.entries()) {
        expect(boxes.slice(i + 1).every((other) => apart(box, other))).toBe(true)
        for (const [system, rect] of regions) expect(apart(box, rect)).toBe(box.system !== system)
      }
      const rects = [...regions.values()]
      for (const [i, rect] of rects.entries())
        expect(rects.slice(i + 1).every((other) => apart(rect, other))).toBe(true)
      // Where a long line runs level, between its second corner and the one before its last, it runs through no box.
      for (const points of corners.values()) {
        const [a, b] = [points[1], points.at(-2)]
        if (points.length < 4 || !a || !b) continue
        const level = { x: Math.min(a.x, b.x), y: a.y - 1, width: Math.abs(b.x - a.x), height: 2 }
        expect(boxes.every((box) => apart(box, level))).toBe(true)
      }
    }
  })

  it('leaves what was above above', () => {
    const fan = draw([node('a'), node('b'), node('c'), node('d')], ['a', 'b'], ['a', 'c'], ['a', 'd'])
    const y = (placed: Placed, name: string) => placed.at.get(id(name))?.y ?? NaN
    const before = new Map(['d', 'b', 'c'].map((name, i) => [id(name), { x: 0, y: i * 100 }]))
    const after = layered(fan, false, before)
    expect(y(after, 'd')).toBeLessThan(y(after, 'b'))
    expect(y(after, 'b')).toBeLessThan(y(after, 'c'))
  })

  it('a circle is drawn, too', () => {
    const ring = draw([node('a'), node('b')], ['a', 'b'], ['b', 'a'])
    const paths = pathsOf(ring, lay(ring))
    expect([...paths.values()].every((d) => d.startsWith('M') && !d.includes('NaN'))).toBe(true)
  })
})

describe('many in one column', () => {
  const many = (n: number) => Array.from({ length: n }, (_, i) => node(`u${String(i).padStart(2, '0')}`))
  const opened = (nodes: GraphNode[], edges: [string, string][]) =>
    drawing(
      {
        revision: 1,
        nodes,
        edges: edges.map(([from, to]) => ({ from: id(from), to: id(to), type: 'dependsOn' })),
        relations: [],
        omitted: 0,
      },
      { roots: [], open: nodes.map((n) => n.ref) },
    )
  const users = many(60)
  const fan = opened(
    [node('hub'), node('need'), ...users],
    [['hub', 'need'], ...users.map(({ name }): [string, string] => [name, 'hub'])],
  )

  it('are a block as wide as a screen, beside what they need', () => {
    const placed = lay(fan)
    const { width, height } = bounds(placed)
    expect(Math.min(860 / width, 450 / height)).toBeGreaterThan(0.42)
    const hub = placed.at.get(id('hub'))?.x ?? NaN
    for (const { ref } of users) expect(placed.at.get(ref)?.x).toBeLessThan(hub - NODE.width)
    expect(new Set(users.map(({ ref }) => placed.at.get(ref)?.x)).size).toBe(5)
    // In the middle of the block.
    const ys = users.map(({ ref }) => placed.at.get(ref)?.y ?? NaN)
    const middle = (Math.min(...ys) + Math.max(...ys)) / 2
    expect(Math.abs((placed.at.get(id('hub'))?.y ?? NaN) - middle)).toBeLessThan(NODE.height)
    // In reading order, as they came.
    expect(placed.at.get(id('u01'))?.y).toBe(placed.at.get(id('u00'))?.y)
    expect(placed.at.get(id('u01'))?.x).toBeGreaterThan(placed.at.get(id('u00'))?.x ?? NaN)
  })

  it('have lines of their own, between the boxes', () => {
    const needs = many(30).map((n) => ({ ...n, name: `n${n.name}`, ref: id(`n${n.name}`) }))
    const both = opened(
      [node('hub'), ...users, ...needs],
      [
        ...users.map(({ name }): [string, string] => [name, 'hub']),
        ...needs.map(({ name }): [string, string] => ['hub', name]),
      ],
    )
    const placed = lay(both)
    const boxes = both.boxes.map((box) => ({ id: box.id, ...NODE, ...(placed.at.get(box.id) ?? { x: NaN, y: NaN }) }))
    let level = 0
    for (const wire of both.wires) {
      const points = placed.corners.get(wire.id) ?? []
      points.forEach((p, i) => {
        const to = points[i + 1]
        if (!to || (p.x !== to.x && p.y !== to.y)) return
        level++
        const [x, y] = [Math.min(p.x, to.x), Math.min(p.y, to.y)]
        const [right, low] = [Math.max(p.x, to.x), Math.max(p.y, to.y)]
        const hits = boxes.filter(
          (b) =>
            b.id !== wire.from &&
            b.id !== wire.to &&
            x < b.x + b.width &&
            b.x < right &&
            y < b.y + b.height &&
            b.y < low,
        )
        expect(hits.map((b) => b.id)).toEqual([])
      })
    }
    expect(level).toBeGreaterThan(150)
    const paths = pathsOf(both, placed)
    expect(new Set(paths.values()).size).toBe(90)
  })

  it('share a lane where they need the same, but not where dashes would lie on each other', () => {
    const lanes = (look: 'need' | 'call') => {
      const placed = lay({ ...fan, wires: fan.wires.map((w) => (w.to === id('hub') ? { ...w, look } : w)) })
      const row = users.slice(0, 4).map(({ ref }) => placed.corners.get(`${ref} → ${id('hub')}`)?.at(-2)?.y)
      return new Set(row).size
    }
    expect(lanes('need')).toBe(1)
    expect(lanes('call')).toBe(4)
  })

  it('stand the same each time, and again when they are laid out anew', () => {
    const first = lay(fan)
    expect(lay(fan)).toEqual(first)
    expect(layered(fan, true, first.at).at).toEqual(first.at)
  })

  it('are laid out while nobody waits', () => {
    const nodes = Array.from({ length: 200 }, (_, i) => node(`n${String(i)}`, i % 3 ? `s${String(i % 7)}` : undefined))
    const wide = opened(
      nodes,
      nodes.slice(1).map((n, i): [string, string] => [n.name, `n${String(i < 60 ? 0 : 1 + (i % 60))}`]),
    )
    const took = Array.from({ length: 7 }, () => {
      const from = performance.now()
      lay(wide)
      return performance.now() - from
    })
    // As a warm engine does it, on a busy machine.
    expect(Math.min(...took)).toBeLessThan(150)
  })
})

describe('positions of what is known', () => {
  it('stay, and what is new stands in the column of its side', () => {
    const before = lay(chain)
    const grown = draw(
      [node('a', 's'), node('b', 's'), node('c'), node('d'), node('u')],
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
      ['u', 'c'],
    )
    const after = kept(grown, true, before)
    if (!after) throw new Error('it was not kept')
    for (const name of ['a', 'b', 'c']) expect(after.at.get(id(name))).toEqual(before.at.get(id(name)))
    const [c, d, u] = ['c', 'd', 'u'].map((name) => after.at.get(id(name)))
    expect(d?.x).toBeGreaterThan((c?.x ?? NaN) + NODE.width)
    expect(u?.x).toBeLessThan(c?.x ?? NaN)
    expect(after.kept).toBe(true)
  })

  it('are given up where much is new or a region would cover a stranger', () => {
    const before = lay(chain)
    const many = Array.from({ length: 20 }, (_, i) => node(`x${String(i)}`))
    expect(
      kept(draw([node('c'), ...many], ...many.map((n): [string, string] => [n.name, 'c'])), true, before),
    ).toBeUndefined()
    const swallowed = draw([node('a', 's'), node('b'), node('c', 's')], ['a', 'b'], ['b', 'c'])
    const row: Placed = {
      at: new Map([
        [id('a'), { x: 0, y: 0 }],
        [id('b'), { x: 240, y: 0 }],
        [id('c'), { x: 480, y: 0 }],
      ]),
      regions: new Map(),
      corners: new Map(),
      kept: false,
    }
    expect(kept(swallowed, true, row)).toBeUndefined()
    expect(kept(swallowed, false, row)).toBeDefined()
  })

  it('after a new layout the chosen box is where it was', () => {
    const before = new Map([[id('b'), { x: 1000, y: -500 }]])
    const after = anchored(lay(chain), id('b'), before)
    expect(after.at.get(id('b'))).toEqual({ x: 1000, y: -500 })
    expect(bounds(after).x).toBeGreaterThan(500)
  })
})

it('a line goes around a box that stands in its way', () => {
  const long = draw([node('a'), node('b'), node('c')], ['a', 'b'], ['b', 'c'], ['a', 'c'])
  const placed = lay(long, false)
  placed.at.set(id('b'), { x: 240, y: 0 }).set(id('a'), { x: 0, y: 0 }).set(id('c'), { x: 480, y: 0 })
  const wire = long.wires.find((w) => w.from === id('a') && w.to === id('c'))
  placed.corners.set(wire?.id ?? '', [
    { x: 178, y: 23 },
    { x: 220, y: 80 },
    { x: 440, y: 80 },
    { x: 480, y: 23 },
  ])
  const paths = pathsOf(long, placed)
  expect(paths.get(wire?.id ?? '')).toContain(' 220 80L440 80C')
  expect(paths.get(long.wires[0]?.id ?? '')).toMatch(/^M178 23C/)
})

it('arrows walk along lines and down columns', () => {
  const fork = draw([node('a'), node('b'), node('c'), node('d')], ['a', 'b'], ['a', 'c'], ['b', 'd'])
  const { at } = lay(fork, false)
  const go = (from: string, arrow: Parameters<typeof walk>[1]) => walk(id(from), arrow, at, fork.wires)
  expect(go('b', 'ArrowLeft')).toBe(id('a'))
  expect(go('b', 'ArrowRight')).toBe(id('d'))
  expect(go('d', 'ArrowRight')).toBeUndefined()
  const [upper, lower] = (at.get(id('b'))?.y ?? 0) < (at.get(id('c'))?.y ?? 0) ? ['b', 'c'] : ['c', 'b']
  expect(go(upper, 'ArrowDown')).toBe(id(lower))
  expect(go(lower, 'ArrowUp')).toBe(id(upper))
  // Whoever came along a line goes back along it, whatever is nearer.
  for (const end of ['b', 'c']) expect(walk(id('a'), 'ArrowRight', at, fork.wires, id(end))).toBe(id(end))
})

describe('the picture', () => {
  const picture = (words: Picture['words']): string =>
    svgOf({
      drawing: chain,
      placed: lay(chain),
      roots: [id('a')],
      palette: {
        surface: 'white',
        ground: 'ivory',
        lineStrong: 'silver',
        lineControl: 'gray',
        wire: 'gray',
        text: 'black',
        text3: 'gray',
        bad: 'red',
        kind: () => 'blue',
      },
      words,
      systemName: () => 'System <S>',
      measure: (t, size) => t.length * size * 0.6,
      title: 'A "title" & more',
    }).svg

  it('is well formed whatever it is called', () => {
    const svg = picture(() => ['</text><script>x</script>\u0000', 'a & b'])
    expect(svg).not.toContain('<script')
    expect(svg).not.toContain('\u0000')
    expect(svg).toContain('System &lt;S&gt;')
    expect(svg).toContain('<title>A &quot;title&quot; &amp; more</title>')
    expect((svg.match(/<text /g) ?? []).length).toBe((svg.match(/<\/text>/g) ?? []).length)
    expect(svg).not.toMatch(/var\(|oklch|foreignObject|NaN|undefined/)
  })

  it('cuts a name that has no room', () => {
    const width = (t: string) => [...t].length
    expect(cut('short', 5, width)).toBe('short')
    expect(cut('much too long', 6, width)).toBe('much…')
    expect(cut('支払いと返金を処理', 4, width)).toBe('支払い…')
    expect(text('a<b')).toBe('a&lt;b')
  })
})
