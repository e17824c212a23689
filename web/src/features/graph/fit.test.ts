import { expect, it } from 'vitest'
import { FOOT, viewOf, wholeOf } from './fit.ts'

const room = { width: 1000, height: 600 }

it('a graph that can be read is shown whole, in the middle of what the buttons leave', () => {
  const all = { x: -100, y: 50, width: 1600, height: 400 }
  const { x, y, zoom } = viewOf(room, all, { x: 0, y: 0 })
  expect(zoom).toBeLessThan(1)
  expect(all.x * zoom + x).toBeGreaterThan(0)
  expect((all.x + all.width) * zoom + x).toBeLessThan(room.width)
  expect(all.y * zoom + y).toBeCloseTo(room.height - FOOT - (all.y + all.height) * zoom - y)
  const tall = viewOf(room, { x: 0, y: 0, width: 200, height: 900 })
  expect(900 * tall.zoom + tall.y).toBeLessThan(room.height - FOOT)
})

it('a small one is not made larger than it is', () => {
  expect(viewOf(room, { x: 0, y: 0, width: 100, height: 50 }).zoom).toBe(1)
})

it('one that is too large is shown around where it begins, with no empty room at its edge', () => {
  const all = { x: 0, y: 0, width: 9000, height: 300 }
  const middle = viewOf(room, all, { x: 4500, y: 150 })
  expect(4500 * middle.zoom + middle.x).toBeCloseTo(room.width / 2)
  const left = viewOf(room, all, { x: 10, y: 150 })
  expect(left.x).toBeGreaterThan(0)
  expect(left.x).toBeLessThan(40)
  expect(wholeOf(room, all).zoom).toBeLessThan(middle.zoom)
})
