import { describe, expect, it } from 'vitest'
import { parseSearch, stringifySearch } from '../../lib/search-params.ts'
import { activeFilters, nextSort, parseCatalogSearch, toggled, without } from './catalog-search.ts'

describe('parseCatalogSearch', () => {
  it.each([
    ['', { kind: 'component' }],
    ['?kind=API', { kind: 'api' }],
    [
      '?kind=api&owner=group:default/a&owner=group:default/b',
      { kind: 'api', owner: ['group:default/a', 'group:default/b'] },
    ],
    ['?owner=a&owner=a', { kind: 'component', owner: ['a'] }],
    ['?q=led&sort=-owner', { kind: 'component', q: 'led', sort: '-owner' }],
    ['?sort=colour', { kind: 'component' }],
    ['?sort=-changed', { kind: 'component', sort: '-changed' }],
    ['?sort=-metadata.annotations.a/b', { kind: 'component', sort: '-metadata.annotations.a/b' }],
    ['?sort=status.items', { kind: 'component' }],
    ['?owned=me&owned=teams&owned=all', { kind: 'component', owned: ['teams', 'me'] }],
    ['?filters[user]=owned', { kind: 'component', owned: ['teams', 'me'] }],
    ['?filters[user]=starred', { kind: 'component', starred: true }],
    ['?starred=true', { kind: 'component', starred: true }],
    ['?starred=no', { kind: 'component' }],
    ['?cols=owner,tier&cols=owner', { kind: 'component', cols: ['owner', 'tier'] }],
    ['?in=Ledger&view=map', { kind: 'component', in: 'system:default/ledger', view: 'map' }],
    ['?in=!none', { kind: 'component', in: '!none' }],
    ['?kind=user&view=map', { kind: 'user' }],
    ['?view=tree&saved=x1', { kind: 'component', saved: 'x1' }],
    ['?tag=&type=', { kind: 'component' }],
    ['?filters[kind]=system&filters[owners]=group:default/a', { kind: 'system', owner: ['group:default/a'] }],
    ['?filters[kind]=api&filters[tags][0]=go&filters[tags][1]=pci', { kind: 'api', tag: ['go', 'pci'] }],
  ])('reads %s', (url, want) => {
    expect(parseCatalogSearch(parseSearch(url))).toEqual(want)
  })

  it('survives the way through the URL', () => {
    const search = {
      kind: 'component',
      owner: ['group:default/web & app', '!none'],
      q: 'a=b&c',
      sort: '-type',
      owned: ['me'],
      starred: true,
      in: 'system:default/a',
      cols: ['owner', 'metadata.labels.a.b/c'],
      view: 'map',
      saved: 'x1',
    }
    expect(parseCatalogSearch(parseSearch(stringifySearch(search)))).toEqual(search)
  })
})

describe('stringifySearch', () => {
  it('writes refs as people write them and leaves out what is empty', () => {
    expect(stringifySearch({ kind: 'api', owner: ['group:default/a'], q: undefined, tag: [] })).toBe(
      '?kind=api&owner=group:default/a',
    )
    expect(stringifySearch({})).toBe('')
  })
})

describe('sorting', () => {
  it.each([
    [undefined, 'name', '-name'],
    ['-name', 'name', undefined],
    [undefined, 'owner', 'owner'],
    ['owner', 'owner', '-owner'],
    ['-owner', 'owner', undefined],
    ['-owner', 'type', 'type'],
    ['owner', 'name', undefined],
    [undefined, 'changed', '-changed'],
    ['-changed', 'changed', 'changed'],
    ['changed', 'changed', undefined],
  ] as const)('from %s a click on %s leads to %s', (now, field, want) => {
    expect(nextSort(now, field)).toBe(want)
  })
})

describe('filters', () => {
  const search = { kind: 'component', q: 'x', type: ['service', 'worker'], tag: ['go'] }

  it('lists what narrows, text first', () => {
    expect(activeFilters(search)).toEqual(['q', 'type', 'tag'])
    expect(activeFilters({ kind: 'api' })).toEqual([])
  })

  it('names the others in their order, and a domain not at all', () => {
    const all = { kind: 'api', starred: true as const, owned: ['me' as const], in: 'system:default/a', owner: ['x'] }
    expect(activeFilters(all)).toEqual(['owned', 'starred', 'in', 'owner'])
    expect(activeFilters({ kind: 'api', in: 'domain:default/a', owned: [] })).toEqual([])
  })

  it('adds and takes away single values', () => {
    expect(toggled(search, 'type', 'worker').type).toEqual(['service'])
    expect(toggled(search, 'owner', 'a').owner).toEqual(['a'])
    expect(toggled(search, 'tag', 'go').tag).toBeUndefined()
  })

  it('drops whole filters', () => {
    expect(activeFilters(without(search, 'q', 'type'))).toEqual(['tag'])
  })
})
