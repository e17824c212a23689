import { describe, expect, it } from 'vitest'
import { NONE } from './catalog-search.ts'
import { facetValues, MOST, questionBeside, shownValues } from './facet-values.ts'
import { tabKinds } from './kind-tabs.tsx'

const v = (value: string, count: number) => ({ value, count })

describe('facetValues', () => {
  const all = [v('a', 1), v('b', 5), v(NONE, 9), v('c', 5)]

  const names = (values: { value: string }[]) => values.map((x) => x.value)

  it('keeps values that are at zero now, after those that are left, by the size of the whole kind, none last', () => {
    expect(facetValues(all, [v('a', 1)], [])).toEqual([v('a', 1), v('b', 0), v('c', 0), v(NONE, 0)])
  })

  it('puts what was chosen first, then the own teams, and keeps a chosen value that exists no more', () => {
    expect(names(facetValues(all, all, ['gone'], ['a']))).toEqual(['gone', 'a', 'b', 'c', NONE])
    expect(names(facetValues(all, all, [NONE]))[0]).toBe(NONE)
  })

  it('moves nothing while values are ticked', () => {
    const taken = { counts: [v('a', 7), v('b', 5), v('c', 6)], chosen: [] }
    const before = names(facetValues(all, taken.counts, [], [], taken))
    expect(before).toEqual(['a', 'c', 'b', NONE])
    expect(facetValues(all, [v('b', 5)], ['b'], [], taken)).toEqual([v('a', 0), v('c', 0), v('b', 5), v(NONE, 0)])
  })

  it('is taken anew with another text, place or view, and not with another tick', () => {
    const search = { kind: 'component', q: 'led' }
    const asked = questionBeside(search)
    expect(questionBeside({ ...search, owner: ['a'], starred: true, sort: 'owner' })).toBe(asked)
    expect(questionBeside({ ...search, q: 'pay' })).not.toBe(asked)
    expect(questionBeside({ ...search, in: 'system:default/a' })).not.toBe(asked)
    expect(questionBeside({ ...search, saved: 'x' })).not.toBe(asked)
  })
})

describe('shownValues', () => {
  const many = Array.from({ length: 3_000 }, (_, i) => v(`team-${String(i)}`, 3_000 - i))
  const names = (s: { values: { value: string }[] }) => s.values.map((x) => x.value)

  it('shows the first ones, what is chosen, and none', () => {
    const shown = shownValues([...many, v(NONE, 3)], ['team-2000'], false)
    expect(names(shown)).toEqual(['team-0', 'team-1', 'team-2', 'team-3', 'team-4', 'team-5', 'team-2000', NONE])
    expect(shown.rest).toBe(2_993)
  })

  it('hides no single value behind “1 more”', () => {
    expect(shownValues(many.slice(0, 7), [], false)).toEqual({ values: many.slice(0, 7), rest: 0 })
  })

  it('never draws all of a long list', () => {
    expect(shownValues(many, [], true).values).toHaveLength(MOST)
    const found = shownValues(many, ['team-0'], true, (x) => x.endsWith('-2999'))
    expect(names(found)).toEqual(['team-0', 'team-2999'])
  })
})

describe('tabKinds', () => {
  it('shows the present kind even when it is empty', () => {
    expect(tabKinds([v('component', 2)], 'resource').shown).toEqual([v('component', 2), v('resource', 0)])
  })

  it('makes up no kind', () => {
    expect(tabKinds([v('component', 2)], 'nope').shown).toEqual([v('component', 2)])
  })

  it('moves many kinds of one’s own into a list, but not the present one', () => {
    const kinds = [v('component', 1), v('w', 9), v('x', 8), v('y', 7), v('z', 6)]
    const { shown, more } = tabKinds(kinds, 'y')
    expect(shown.map((k) => k.value)).toEqual(['component', 'y'])
    expect(more.map((k) => k.value)).toEqual(['w', 'x', 'z'])
  })
})
