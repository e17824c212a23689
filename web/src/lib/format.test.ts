import { describe, expect, it } from 'vitest'
import { dayHeading, inline, locationTarget, monogram, place, span, when } from './format.ts'

const now = new Date('2026-11-23T12:00:00')
const ago = (ms: number) => new Date(now.getTime() - ms)
const MIN = 60_000
const HOUR = 60 * MIN
const DAY = 24 * HOUR

describe('when', () => {
  it.each([
    [0, 'now'],
    [40_000, '40 s ago'],
    [8 * MIN, '8 min ago'],
    [130 * MIN, '2 h 10 min ago'],
    [9 * HOUR + 5 * MIN, '9 h ago'],
    [DAY, '1 day ago'],
    [7 * DAY, '7 days ago'],
    [8 * DAY, '15 November'],
    [400 * DAY, '19 October 2025'],
    [-9 * MIN, 'in 9 min'],
    [-1000, 'now'],
  ])('%d ms ago is "%s"', (ms, want) => {
    expect(when(ago(ms), now)).toBe(want)
  })
})

describe('span', () => {
  it('has no sign', () => {
    expect(span(-3 * DAY)).toBe('3 days')
  })
})

describe('dayHeading', () => {
  it.each([
    [HOUR, 'Today'],
    [13 * HOUR, 'Yesterday'],
    [3 * DAY, 'Friday'],
    [12 * DAY, '11 November'],
  ])('%d ms ago stands under "%s"', (ms, want) => {
    expect(dayHeading(ago(ms), now)).toBe(want)
  })
})

describe('monogram', () => {
  it.each([
    ['Payments', 'PA'],
    ['Port Operations', 'PO'],
    ['Web & App', 'WA'],
    ['ines.r', 'IR'],
    ['田中 悠希', '田悠'],
    ['x', 'X'],
    ['', ''],
  ])('of %s is %s', (name, want) => {
    expect(monogram(name)).toBe(want)
  })
})

describe('places', () => {
  it('names file, line and column as far as they are known', () => {
    expect(place('/srv/a/b/catalog-info.yaml', 9, 3)).toBe('b/catalog-info.yaml:9:3')
    expect(place('/srv/a/b/catalog-info.yaml', 0, 0)).toBe('b/catalog-info.yaml')
    expect(place('https://x.example/c.yaml')).toBe('x.example/c.yaml')
  })

  it('takes the type off a location', () => {
    expect(locationTarget('file:/a/b')).toBe('/a/b')
    expect(locationTarget('url:https://x.example/a')).toBe('https://x.example/a')
    expect(locationTarget('/a/b')).toBe('/a/b')
  })
})

describe('inline', () => {
  it('is one line of limited length', () => {
    expect(inline('a\n  b')).toBe('a b')
    expect(inline({ a: [1] })).toBe('{"a":[1]}')
    expect(inline('x'.repeat(20), 10)).toHaveLength(10)
    expect(inline(undefined)).toBe('')
  })
})
