import { describe, expect, it } from 'vitest'
import { NONE } from './catalog-search.ts'
import { countFacets } from './facet-count.ts'
import { facetValues } from './facet-values.ts'
import { tabKinds } from './kind-tabs.tsx'

const v = (value: string, count: number) => ({ value, count })

describe('facetValues', () => {
  const all = [v('a', 1), v('b', 5), v(NONE, 9), v('c', 5)]

  it('keeps values that are at zero now, by the size of the whole kind, none last', () => {
    expect(facetValues(all, [v('a', 1)], [])).toEqual([v('b', 0), v('c', 0), v('a', 1), v(NONE, 0)])
  })

  it('puts the own teams first and keeps a chosen value that exists no more', () => {
    expect(facetValues(all, all, ['gone'], ['a']).map((x) => x.value)).toEqual(['a', 'b', 'c', 'gone', NONE])
  })

  it('shows no numbers when nothing was counted', () => {
    expect(facetValues([v('a', 3)], null, [])).toEqual([{ value: 'a', count: null }])
  })
})

describe('countFacets', () => {
  const found = [
    { metadata: { name: '1', tags: ['go', 'go'] }, spec: { type: 'service', owner: 'payments' } },
    { metadata: { name: '2', namespace: 'eu' }, spec: { type: 'worker', owner: 'user:ines' } },
    { metadata: { name: '3' }, spec: { type: 'worker' } },
  ]

  it('counts each facet without itself', () => {
    const facets = countFacets(found, { kind: 'component', type: ['service'] })
    expect(facets.type).toEqual([v('service', 1), v('worker', 2)])
    expect(facets.owner).toEqual([v('group:default/payments', 1)])
    expect(facets.tag).toEqual([v('go', 1)])
  })

  it('knows the ownerless and other namespaces', () => {
    const facets = countFacets(found, { kind: 'component' })
    expect(facets.owner).toEqual([v('group:default/payments', 1), v('user:eu/ines', 1), v(NONE, 1)])
    expect(facets.namespace).toEqual([v('default', 2), v('eu', 1)])
  })
})

describe('tabKinds', () => {
  it('shows the present kind even when it is empty', () => {
    expect(tabKinds([v('component', 2)], 'vessel').shown).toEqual([v('component', 2), v('vessel', 0)])
  })

  it('moves many kinds of one’s own into a list, but not the present one', () => {
    const kinds = [v('component', 1), v('w', 9), v('x', 8), v('y', 7), v('z', 6)]
    const { shown, more } = tabKinds(kinds, 'y')
    expect(shown.map((k) => k.value)).toEqual(['component', 'y'])
    expect(more.map((k) => k.value)).toEqual(['w', 'x', 'z'])
  })
})
