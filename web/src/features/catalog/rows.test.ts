import { describe, expect, it } from 'vitest'
import type { Entity } from '../../lib/entity.ts'
import { whereIs } from './use-anchor.ts'
import { pagesNear } from './use-rows.ts'

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

describe('whereIs', () => {
  const rows = ['a', 'b', 'c', 'd'].map((name) => ({ apiVersion: '', kind: 'Api', metadata: { name } }) as Entity)
  const at = (i: number) => rows[i]

  it('finds a row that moved either way', () => {
    expect(whereIs('api:default/d', 1, at)).toBe(3)
    expect(whereIs('api:default/a', 2, at)).toBe(0)
    expect(whereIs('api:default/x', 2, at)).toBeUndefined()
  })
})
