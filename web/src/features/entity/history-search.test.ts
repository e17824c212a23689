import { describe, expect, it } from 'vitest'
import { endOf, narrowOf, parseHistorySearch } from './history-search.ts'

describe('parseHistorySearch', () => {
  it.each([
    [{}, {}],
    [
      { from: '12', to: 34, view: 'unified' },
      { from: 12, to: 34, view: 'unified' },
    ],
    [{ to: '34' }, {}],
    [
      { field: 'spec.owner', by: 'user:default/ann', until: '2026-03-01' },
      { field: 'spec.owner', by: 'user:default/ann', until: '2026-03-01' },
    ],
    [{ until: '2026-02-30', from: 'x' }, {}],
    [{ until: 'yesterday', field: '' }, {}],
  ])('reads %j', (search, want) => {
    expect(parseHistorySearch(search)).toEqual(want)
  })
})

describe('a day', () => {
  it('ends where the person is', () => {
    const end = new Date(endOf('2026-03-01') ?? '')
    expect([end.getFullYear(), end.getMonth(), end.getDate(), end.getHours()]).toEqual([2026, 2, 1, 23])
    expect(endOf('2026-13-01')).toBeUndefined()
  })
})

it('keeps what narrows down, and nothing of what is compared', () => {
  expect(narrowOf({ from: 1, to: 2, view: 'unified', field: 'spec.owner' })).toEqual({ field: 'spec.owner' })
})
