import { describe, expect, test } from 'vitest'
import type { Coverage, Measured, Point } from './api.ts'
import { asked, parseInsightsSearch } from './insights-search.ts'
import { headline, level, ofWords, percent } from './insights-words.ts'
import { trendWords } from './spark.tsx'

const share = (numerator: number, denominator: number) => ({ numerator, denominator })

test('what is not all is never 100 %, and what is not nothing never 0 %', () => {
  expect(percent(share(999, 1000))).toBe(99)
  expect(percent(share(1000, 1000))).toBe(100)
  expect(percent(share(1, 1000))).toBe(1)
  expect(percent(share(0, 1000))).toBe(0)
  expect(percent(share(2, 3))).toBe(67)
})

test('a cell is the darker the more is missing', () => {
  expect([share(5, 5), share(999, 1000), share(4, 5), share(1, 2), share(0, 7)].map(level)).toEqual([0, 1, 1, 3, 5])
})

test('the address is read, and what it does not know is left out', () => {
  expect(
    parseInsightsSearch({ scope: 'group:default/a', below: 'no', weighted: 'yes', measure: 'docs', list: 'counted' }),
  ).toEqual({
    scope: 'group:default/a',
    below: 'no',
    weighted: 'yes',
    measure: 'docs',
    list: 'counted',
  })
  expect(parseInsightsSearch({ below: 'x', weighted: ['no'], measure: 'all', list: 'missing' })).toEqual({})
  expect(asked({ scope: 'nobody', below: 'no', weighted: 'yes' })).toEqual({
    scope: 'nobody',
    below: 'false',
    weighted: 'true',
  })
})

const measured = (measure: Measured['measure'], n: number, d: number): Measured => ({
  measure,
  state: 'measured',
  numerator: n,
  denominator: d,
})
const coverage = (...measures: Measured[]): Coverage => ({
  revision: 1,
  at: '',
  scope: '',
  whole: true,
  team: false,
  entities: 1,
  measures,
})

describe('the sentence', () => {
  test('says where most is missing', () => {
    expect(headline(coverage(measured('ownership', 9, 10), measured('docs', 3, 8)), false)).toEqual({
      fine: 'Owners: 90 %.',
      needs: '5 of 8 components are without docs.',
    })
    expect(headline(coverage(measured('ownership', 2, 10)), false)).toEqual({
      fine: '',
      needs: '8 have no team that answers.',
    })
  })
  test('weighs, and names no number of things then', () => {
    expect(headline(coverage(measured('docs', 3, 8)), true).needs).toBe('Most is missing in docs, by tier.')
    expect(ofWords('docs', share(3, 8), true)).toBe('3 of 8, by tier')
    expect(ofWords('docs', share(1, 1), false)).toBe('1 of 1 component')
  })
  test('does not take what is not measured for nothing', () => {
    const unknown: Measured = { measure: 'repositories', state: 'unknown', numerator: 0, denominator: 0 }
    expect(headline(coverage(unknown), false).needs).toBe('Nothing is measured yet.')
    expect(headline(coverage(unknown, measured('docs', 8, 8)), false).needs).toBe('Nothing is missing.')
  })
})

test('a trend is told in points', () => {
  const days = (...points: [string, number][]): Point[] => points.map(([day, n]) => ({ day, ...share(n, 100) }))
  expect(trendWords([])).toBe('')
  expect(trendWords(days(['2026-11-30', 40]))).toBe('first measured today')
  expect(trendWords(days(['2026-11-29', 40], ['2026-11-30', 39]))).toBe('down 1 point since yesterday')
  expect(trendWords(days(['2026-10-31', 40], ['2026-11-30', 62]))).toBe('up 22 points in 30 days')
  expect(trendWords(days(['2026-10-31', 40], ['2026-11-30', 40]))).toBe('unchanged in 30 days')
})
