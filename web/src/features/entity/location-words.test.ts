import { describe, expect, it } from 'vitest'
import { errorsIn, faultsNote } from './location-words.ts'

const totals = (errors: number) => ({ errors, conflicts: 0, missing: 0, removed: 0 })
const problems = (...levels: ('error' | 'warning')[]) => levels.map((level) => ({ level }))

describe('what is wrong in a location', () => {
  it.each([
    [problems('error'), 1, '1 error'],
    [problems('warning', 'warning'), 2, '2 warnings'],
    [problems('error', 'warning', 'error'), 3, '2 errors, 1 warning'],
    [problems('error', 'warning'), 731, '731 problems'],
  ])('%j of %d: %s', (faults, all, want) => {
    expect(faultsNote(faults, all)).toBe(want)
  })

  it('claims no more than the list can know', () => {
    expect(errorsIn({ errors: [1, 2], totals: totals(2) }, 2)).toBe('2 errors')
    expect(errorsIn({ errors: [1, 2], totals: totals(2) }, 0)).toBe('0 errors')
    expect(errorsIn({ errors: [1, 2], totals: totals(900) }, 2)).toBe('at least 2 errors')
    expect(errorsIn({ errors: [1, 2], totals: totals(900) }, 0)).toBe('')
  })
})
