import { describe, expect, it } from 'vitest'
import type { Entity } from '../../lib/entity.ts'
import { whereIs } from './use-anchor.ts'
import { pagesNear } from './use-rows.ts'
import { nearRows, rowsNear, withSight } from './use-window-rows.ts'

describe('pagesNear', () => {
  it.each([
    ['the first page alone', { first: 0, last: 40 }, 100_000, []],
    ['the next one when its rows are near', { first: 90, last: 130 }, 100_000, [1]],
    ['two pages at their border', { first: 380, last: 430 }, 100_000, [1, 2]],
    ['the last one and no further', { first: 99_950, last: 99_999 }, 100_000, [499]],
    ['nothing of an empty list', { first: 0, last: 0 }, 0, []],
  ])('loads %s', (_, range, total, want) => {
    expect(pagesNear(range, total)).toEqual(want)
  })
})

describe('rows in sight', () => {
  const window = { height: 800, size: 40, top: 200 }

  it('are those of the window and some beyond, in steps', () => {
    expect(rowsNear({ ...window, scroll: 0 })).toEqual({ first: 0, last: 28 })
    expect(rowsNear({ ...window, scroll: 4_000_000 })).toEqual({ first: 99_980, last: 100_028 })
    expect(rowsNear({ ...window, scroll: 4_001 })).toEqual(rowsNear({ ...window, scroll: 4_039 }))
  })

  it('are drawn before those beyond', () => {
    const sight = { ...window, scroll: 8_000 }
    expect(rowsNear(sight)).toEqual({ first: 180, last: 228 })
    // A page further: what is drawn stays as far as it is near.
    expect(withSight({ first: 164, last: 212 }, sight)).toEqual({ first: 180, last: 216 })
    expect(withSight({ first: 196, last: 244 }, sight)).toEqual({ first: 192, last: 228 })
    // What is in sight already draws nothing anew.
    expect(withSight({ first: 180, last: 228 }, sight)).toEqual({ first: 180, last: 228 })
    // From far away only what is seen.
    expect(withSight({ first: 0, last: 40 }, sight)).toEqual({ first: 192, last: 216 })
    expect(withSight({ first: 900, last: 940 }, sight)).toEqual({ first: 192, last: 216 })
  })

  it('are the end of a list that became shorter', () => {
    expect(nearRows({ first: 99_980, last: 100_028 }, 100_000)).toEqual({ first: 99_975, last: 99_999 })
    expect(nearRows({ first: 900, last: 970 }, 10)).toEqual({ first: 0, last: 9 })
    expect(nearRows({ first: 0, last: 40 }, 0)).toEqual({ first: 0, last: 0 })
  })
})

describe('whereIs', () => {
  const rows = ['a', 'b', 'c', 'd'].map((name) => ({ apiVersion: '', kind: 'Api', metadata: { name } }) as Entity)
  const at = (i: number) => rows[i]

  it('finds a row that moved either way', () => {
    expect(whereIs('api:default/d', 1, at)).toBe(3)
    expect(whereIs('api:default/a', 2, at)).toBe(0)
    expect(whereIs('api:default/x', 2, at)).toBeUndefined()
  })
})
