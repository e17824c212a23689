import { describe, expect, it } from 'vitest'
import { countBody, facetBodies, listBody, noOwnerBody, PAGE, predicate } from './catalog-query.ts'
import { NONE } from './catalog-search.ts'

describe('predicate', () => {
  it('is the kind alone where nothing narrows', () => {
    expect(predicate({ kind: 'api' })).toEqual({ kind: 'api' })
  })

  it('asks for any of the chosen values of each facet', () => {
    expect(predicate({ kind: 'component', type: ['service', 'worker'], tag: ['go'] })).toEqual({
      $all: [
        { kind: 'component' },
        { 'spec.type': { $in: ['service', 'worker'] } },
        { 'metadata.tags': { $in: ['go'] } },
      ],
    })
  })

  it('leaves one facet out, to count it without itself', () => {
    expect(predicate({ kind: 'component', type: ['service'], tag: ['go'] }, 'type')).toEqual({
      $all: [{ kind: 'component' }, { 'metadata.tags': { $in: ['go'] } }],
    })
  })

  it('knows "no owner" as a value', () => {
    const absent = { $not: { 'relations.ownedBy': { $exists: true } } }
    expect(predicate({ kind: 'api', owner: [NONE] })).toEqual({ $all: [{ kind: 'api' }, absent] })
    expect(predicate({ kind: 'api', owner: ['group:default/a', NONE] })).toEqual({
      $all: [{ kind: 'api' }, { $any: [absent, { 'relations.ownedBy': { $in: ['group:default/a'] } }] }],
    })
  })
})

describe('listBody', () => {
  it('pages by offset and sorts by name unless told otherwise', () => {
    const body = listBody({ kind: 'component', q: ' led ' }, 2)
    expect(body).toMatchObject({
      offset: 2 * PAGE,
      limit: PAGE,
      orderBy: [{ field: 'metadata.name', order: 'asc' }],
      fullTextFilter: { term: 'led' },
    })
    expect(body.fullTextFilter?.fields).toContain('spec.profile.displayName')
  })

  it('sends no empty text filter', () => {
    expect(listBody({ kind: 'component', q: '  ' }, 0)).not.toHaveProperty('fullTextFilter')
  })

  it('turns the sort of the URL into a field', () => {
    expect(listBody({ kind: 'component', sort: '-lifecycle' }, 0).orderBy).toEqual([
      { field: 'spec.lifecycle', order: 'desc' },
    ])
  })
})

describe('countBody', () => {
  it('counts without the text when that is what is left out', () => {
    expect(countBody({ kind: 'api', q: 'x' }, 'q')).toEqual({ query: { kind: 'api' }, limit: 0 })
  })
})

describe('facetBodies', () => {
  it('shares one request among the facets in which nothing is chosen', () => {
    const bodies = facetBodies({ kind: 'component', type: ['service'] })
    expect(bodies.map((b) => b.names)).toEqual([['type'], ['owner', 'lifecycle', 'tag', 'namespace']])
    expect(bodies[0]?.body.query).toEqual({ kind: 'component' })
    expect(bodies[1]?.body.query).toEqual({ $all: [{ kind: 'component' }, { 'spec.type': { $in: ['service'] } }] })
  })

  it('counts the ownerless without the owner filter', () => {
    expect(noOwnerBody({ kind: 'component', owner: ['a'] }).query).toEqual({
      $all: [{ kind: 'component' }, { $not: { 'relations.ownedBy': { $exists: true } } }],
    })
  })

  it('counts what the text finds', () => {
    const search = { kind: 'component', q: ' led ', type: ['service'] }
    const bodies = [...facetBodies(search).map((b) => b.body), noOwnerBody(search)]
    expect(bodies.map((b) => b.fullTextFilter?.term)).toEqual(['led', 'led', 'led'])
  })
})
