import { expect, it } from 'vitest'
import { rangeChoices, rangeWords, readDay } from './days.ts'

const now = new Date(2026, 10, 29, 15, 30)

it.each([
  ['28 November 2026', '2026-11-28'],
  ['28 nov 2025', '2025-11-28'],
  ['3 Sept.', '2026-09-03'],
  // No log has tomorrow: without a year it is the one before.
  ['30 November', '2025-11-30'],
  ['2026-2-3', '2026-02-03'],
  ['3.2.2026', '2026-02-03'],
  ['31 February 2026', undefined],
  ['2026-13-01', undefined],
  ['11/29/2026', undefined],
  ['yesterday', undefined],
  ['', undefined],
])('%s is read as %s', (text, want) => {
  expect(readDay(text, now)).toBe(want)
})

it('a range is told as the page tells days', () => {
  expect(rangeWords({}, now)).toBe('Any time')
  expect(rangeWords({ from: '2026-11-29' }, now)).toBe('Today')
  expect(rangeWords({ from: '2026-11-23' }, now)).toBe('Last 7 days')
  expect(rangeWords({ from: '2026-11-01', to: '2026-11-05' }, now)).toBe('1 November to 5 November')
  expect(rangeWords({ from: '2026-11-05', to: '2026-11-05' }, now)).toBe('5 November')
  expect(rangeWords({ from: '2025-11-05' }, now)).toBe('Since 5 November 2025')
  expect(rangeWords({ to: '2026-11-05' }, now)).toBe('Until 5 November')
})

it('seven days are today and the six before', () => {
  expect(rangeChoices(now).map(({ range }) => range.from)).toEqual([
    undefined,
    '2026-11-29',
    '2026-11-23',
    '2026-10-31',
  ])
})
