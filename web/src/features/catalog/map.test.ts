import { describe, expect, it } from 'vitest'
import { NONE } from './catalog-search.ts'
import { layout, mostNamed, outlines, roomFor, roomForAge, towards } from './map-layout.ts'
import { areaTree, parentRef, wayTo, type Area } from './map-tree.ts'
import { squarify, type Box } from './treemap.ts'

const area = ({ w, h }: Box) => w * h
const box = { x: 0, y: 0, w: 600, h: 400 }

it('an age has room below a name alone', () => {
  expect(roomForAge({ x: 0, y: 0, w: 100, h: 46 })).toBe(true)
  expect(roomForAge({ x: 0, y: 0, w: 300, h: 45 })).toBe(false)
  expect(roomForAge({ x: 0, y: 0, w: 99, h: 300 })).toBe(false)
})

describe('squarify', () => {
  it.each([[[6, 6, 4, 3, 2, 2, 1]], [[1]], [[1_000, 1, 1, 1]], [Array.from({ length: 500 }, (_, i) => 500 - i)]])(
    'fills the box without a gap or an overlap: %#',
    (sizes) => {
      const boxes = squarify(sizes, box)
      const total = sizes.reduce((a, b) => a + b, 0)
      boxes.forEach((b, i) => {
        expect(area(b)).toBeCloseTo(((sizes[i] ?? 0) / total) * area(box), 3)
        expect(b.x).toBeGreaterThanOrEqual(-1e-6)
        expect(b.y).toBeGreaterThanOrEqual(-1e-6)
        expect(b.x + b.w).toBeLessThanOrEqual(box.w + 1e-6)
        expect(b.y + b.h).toBeLessThanOrEqual(box.h + 1e-6)
      })
      for (let i = 0; i < Math.min(boxes.length, 40); i++)
        for (let j = 0; j < i; j++) expect(overlap(boxes[i], boxes[j])).toBeLessThan(1e-3)
    },
  )

  it('makes rectangles near to squares', () => {
    const boxes = squarify([6, 6, 4, 3, 2, 2, 1], box)
    expect(Math.max(...boxes.map((b) => Math.max(b.w / b.h, b.h / b.w)))).toBeLessThan(3)
  })

  it('has room for nothing in nothing', () => {
    expect(squarify([1, 1], { x: 5, y: 5, w: 0, h: 10 })).toEqual([
      { x: 5, y: 5, w: 0, h: 0 },
      { x: 5, y: 5, w: 0, h: 0 },
    ])
  })
})

function overlap(a: Box = box, b: Box = box): number {
  const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)
  const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y)
  return Math.max(0, w) * Math.max(0, h)
}

const places = [
  { ref: 'domain:default/money', title: 'Money' },
  { ref: 'domain:default/cards', title: 'Cards', parent: 'domain:default/money' },
  { ref: 'system:default/ledger', title: 'Ledger', parent: 'domain:default/money' },
  { ref: 'system:default/vault', title: 'Vault', parent: 'domain:default/cards' },
  { ref: 'system:default/idle', title: 'Idle', parent: 'domain:default/money' },
  { ref: 'system:default/loose', title: 'Loose' },
]
const counts = new Map([
  ['system:default/ledger', 3],
  ['system:default/vault', 5],
  ['system:default/loose', 2],
  ['system:default/gone', 1],
  ['component:default/parent', 7],
])

const plain = (a: Area): unknown =>
  a.children.length > 0 ? [a.title, a.count, a.children.map(plain)] : [a.title, a.count]

describe('areaTree', () => {
  it('nests systems in domains, and those in theirs, by what is in them', () => {
    expect(plain(areaTree(places, counts, 4, 'system'))).toEqual([
      'Everything',
      15,
      [
        [
          'Money',
          8,
          [
            ['Cards', 5, [['Vault', 5]]],
            ['Ledger', 3],
          ],
        ],
        ['Loose', 2],
        ['gone', 1],
        ['In no system', 4],
      ],
    ])
  })

  it('counts systems by their domain', () => {
    const tree = areaTree(places, new Map([['domain:default/cards', 2]]), 0, 'domain')
    expect(plain(tree)).toEqual(['Everything', 2, [['Money', 2, [['Cards', 2]]]]])
  })

  it('ends where domains stand in a circle', () => {
    const circle = [
      { ref: 'domain:default/a', title: 'A', parent: 'domain:default/b' },
      { ref: 'domain:default/b', title: 'B', parent: 'domain:default/a' },
    ]
    const tree = areaTree(circle, new Map([['domain:default/a', 2]]), 0, 'domain')
    expect(plain(tree)).toEqual(['Everything', 2, [['B', 2, [['A', 2]]]]])
  })

  it('knows the way to an area', () => {
    const tree = areaTree(places, counts, 4, 'system')
    expect(wayTo(tree, 'system:default/vault')?.map((a) => a.title)).toEqual(['Everything', 'Money', 'Cards', 'Vault'])
    expect(wayTo(tree, NONE)?.map((a) => a.title)).toEqual(['Everything', 'In no system'])
    expect(wayTo(tree, undefined)).toEqual([tree])
    expect(wayTo(tree, 'system:default/idle')).toBeUndefined()
  })

  it.each([
    ['money', 'eu', 'domain:eu/money'],
    ['domain:default/Money', 'eu', 'domain:default/money'],
    [undefined, 'eu', undefined],
  ])('reads the parent %s in %s', (written, namespace, want) => {
    expect(parentRef(written, namespace)).toBe(want)
  })
})

describe('layout', () => {
  const tree = areaTree(places, counts, 4, 'system')

  it('draws the inside of what has room for it', () => {
    const placed = layout(tree.children, 900, 600)
    expect(placed.map((p) => p.area.title)).toEqual(['Money', 'Loose', 'gone', 'In no system'])
    expect(placed[0]?.children.map((p) => p.area.title)).toEqual(['Cards', 'Ledger'])
    expect(layout(tree.children, 60, 40)[0]?.children).toEqual([])
  })

  it('bounds what it draws', () => {
    const kid = (i: number): Area => ({ ref: String(i), kind: 'system', title: '', count: 1, children: [] })
    const wide = Array.from({ length: 50 }, (_, i) => ({
      ...kid(i),
      count: 100,
      children: Array.from({ length: 100 }, (_, n) => kid(n)),
    }))
    const placed = layout([...wide, ...Array.from({ length: 2_000 }, (_, i) => kid(i))], 4_000, 3_000)
    expect(placed).toHaveLength(800)
    expect(placed.reduce((sum, p) => sum + p.children.length, 0)).toBeLessThanOrEqual(160)
  })

  it('outlines what is in an area and has no room for a name', () => {
    const kid = (i: number, count: number): Area => ({ ref: String(i), kind: 'system', title: '', count, children: [] })
    const children = [kid(0, 400), ...Array.from({ length: 40 }, (_, i) => kid(i + 1, 2))]
    const [placed] = layout([{ ...kid(9, 480), children }], 300, 200)
    expect(placed?.children.map((p) => p.area.ref)).toEqual(['0'])
    expect(placed?.specks.length).toBeGreaterThan(10)
    expect(placed?.specks.every((b) => roomFor(b) === 'none')).toBe(true)
    expect(outlines([{ x: 1, y: 2, w: 11, h: 12 }])).toBe('M1.5 2.5h10v11h-10z')
  })

  it('draws as many as have room for a name, and some in any case', () => {
    expect(mostNamed(960, 540)).toBe(108)
    expect(mostNamed(0, 0)).toBe(24)
  })

  it('names what has room for a name', () => {
    expect(
      [
        { w: 100, h: 30 },
        { w: 60, h: 20 },
        { w: 20, h: 90 },
      ].map((b) => roomFor({ x: 0, y: 0, ...b })),
    ).toEqual(['all', 'name', 'none'])
  })

  it('finds the neighbour in each direction', () => {
    const at = (x: number, y: number) => ({ x, y, w: 10, h: 10 })
    const grid = [at(0, 0), at(10, 0), at(0, 10), at(10, 10)]
    expect(['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp'].map((key) => towards(grid, 0, key))).toEqual([
      1, 2, 0, 0,
    ])
    expect(['ArrowLeft', 'ArrowUp'].map((key) => towards(grid, 3, key))).toEqual([2, 1])
  })
})
