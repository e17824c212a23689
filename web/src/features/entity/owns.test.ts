import { describe, expect, it } from 'vitest'
import { parseOverviewSearch } from './overview-search.ts'
import { addressable, kindCount, kindsOf, stateSentence, sumOf } from './owns-words.ts'

const levels = (bad: number, warn: number, later: number) => ({ levels: { bad, warn, later } })

describe('what somebody owns', () => {
  const owned = { total: 12, kinds: { resource: 2, squad: 1, component: 9 } }

  it('stands by kind in the usual order', () => {
    expect(kindsOf(owned)).toEqual(['component', 'resource', 'squad'])
    expect([kindCount('component', 8000), kindCount('api', 1)]).toEqual(['8,000 components', '1 API'])
  })

  it('is counted whole, or of one kind', () => {
    expect([sumOf(owned, undefined), sumOf(owned, 'component'), sumOf(owned, 'api')]).toEqual([12, 9, 0])
  })

  it.each([
    [levels(0, 0, 0), 10000, 'All 10,000 are in order.'],
    [levels(0, 0, 0), 1, 'It is in order.'],
    [levels(1, 2, 0), 10, '1 has a file with errors, 2 need a look.'],
    [levels(0, 1, 1), 10, '1 needs a look, 1 uses something deprecated or without an owner.'],
  ])('%j of %d: %s', (of, n, want) => {
    expect(stateSentence(of, n)).toBe(want)
  })

  it('is asked of the catalog where the owners fit into an address', () => {
    const many = Array.from({ length: 101 }, (_, i) => `group:default/t${String(i)}`)
    expect(addressable(many.slice(0, 100))).toHaveLength(100)
    expect(addressable(many)).toBeUndefined()
    expect(addressable(['group:default/a'], true)).toBeUndefined()
  })
})

describe('parseOverviewSearch', () => {
  it.each([
    [{}, {}],
    [
      { owns: 'teams', kind: 'API', members: 'teams' },
      { owns: 'teams', kind: 'api', members: 'teams' },
    ],
    [{ owns: 'own' }, { owns: 'own' }],
    [{ owns: 'all', kind: '', members: 7, other: 'x' }, {}],
  ])('reads %j', (search, want) => {
    expect(parseOverviewSearch(search)).toEqual(want)
  })
})
