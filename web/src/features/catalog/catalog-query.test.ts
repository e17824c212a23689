import { describe, expect, it } from 'vitest'
import { absentWords } from '../../lib/missing.ts'
import {
  countBody,
  facetBodies,
  listBody,
  noOwnerBody,
  PAGE,
  predicate,
  showSearches,
  TEAMS,
  textFields,
  type Asker,
} from './catalog-query.ts'
import { NONE } from './catalog-search.ts'
import { exportHref, filtered } from './export-href.ts'

const nobody: Asker = { teams: [], stars: new Set() }
const ines: Asker = {
  me: 'user:default/ines',
  teams: ['group:default/payments', 'group:default/web'],
  stars: new Set(['component:default/a', 'component:eu/c', 'api:default/b', 'component:default/d']),
}

describe('predicate', () => {
  it('is the kind alone where nothing narrows', () => {
    expect(predicate({ kind: 'api' }, nobody)).toEqual({ kind: 'api' })
  })

  it('asks for any of the chosen values of each facet', () => {
    expect(predicate({ kind: 'component', type: ['service', 'worker'], tag: ['go'] }, nobody)).toEqual({
      $all: [
        { kind: 'component' },
        { 'spec.type': { $in: ['service', 'worker'] } },
        { 'metadata.tags': { $in: ['go'] } },
      ],
    })
  })

  it('leaves one facet out, to count it without itself', () => {
    expect(predicate({ kind: 'component', type: ['service'], tag: ['go'] }, nobody, 'type')).toEqual({
      $all: [{ kind: 'component' }, { 'metadata.tags': { $in: ['go'] } }],
    })
  })

  it('knows "no owner" as a value', () => {
    const absent = { $not: { 'relations.ownedBy': { $exists: true } } }
    expect(predicate({ kind: 'api', owner: [NONE] }, nobody)).toEqual({ $all: [{ kind: 'api' }, absent] })
    expect(predicate({ kind: 'api', owner: ['group:default/a', NONE] }, nobody)).toEqual({
      $all: [{ kind: 'api' }, { $any: [absent, { 'relations.ownedBy': { $in: ['group:default/a'] } }] }],
    })
  })
})

describe('what is mine', () => {
  it.each([
    [['teams'], ['group:default/payments', 'group:default/web']],
    [['me'], ['user:default/ines']],
    [
      ['teams', 'me'],
      ['group:default/payments', 'group:default/web', 'user:default/ines'],
    ],
  ] as const)('asks for owners by %s', (owned, refs) => {
    expect(predicate({ kind: 'api', owned: [...owned] }, ines)).toEqual({
      $all: [{ kind: 'api' }, { 'relations.ownedBy': { $in: refs } }],
    })
  })

  it('is nothing for who is in no team', () => {
    expect(predicate({ kind: 'api', owned: ['teams', 'me'] }, nobody)).toEqual({
      $all: [{ kind: 'api' }, { 'relations.ownedBy': { $in: [] } }],
    })
  })

  it('asks for the stars of the kind by namespace', () => {
    expect(predicate({ kind: 'component', starred: true }, ines)).toEqual({
      $all: [
        { kind: 'component' },
        {
          $any: [
            { 'metadata.namespace': 'default', 'metadata.name': { $in: ['a', 'd'] } },
            { 'metadata.namespace': 'eu', 'metadata.name': { $in: ['c'] } },
          ],
        },
      ],
    })
  })

  it('asks for no more stars than one question may hold', () => {
    const stars = new Set(Array.from({ length: 3_000 }, (_, i) => `component:default/c${String(i)}`))
    const values = JSON.stringify(predicate({ kind: 'component', starred: true }, { ...nobody, stars })).match(
      /"c\d+"/g,
    )
    expect(values).toHaveLength(1_500)
  })

  it('counts each choice in the place of the other', () => {
    const search = { kind: 'api', owned: ['teams' as const], type: ['openapi'] }
    expect(showSearches(search).me).toEqual({ kind: 'api', owned: ['me'], type: ['openapi'] })
    expect(showSearches(search).starred).toEqual({ ...search, starred: true })
  })
})

describe('within a system', () => {
  it.each([
    ['component', 'system:default/a', { 'relations.partOf': { $in: ['system:default/a'] } }],
    ['component', NONE, { $not: { 'spec.system': { $exists: true } } }],
    ['system', NONE, { $not: { 'spec.domain': { $exists: true } } }],
  ])('a %s of %s', (kind, within, want) => {
    expect(predicate({ kind, in: within }, nobody)).toEqual({ $all: [{ kind }, want] })
    expect(predicate({ kind, in: within }, nobody, 'in')).toEqual({ kind })
  })

  it('is no filter where it is a domain, which only the map looks into', () => {
    expect(predicate({ kind: 'component', in: 'domain:default/a' }, nobody)).toEqual({ kind: 'component' })
  })
})

describe('listBody', () => {
  it('pages by offset and sorts by name unless told otherwise', () => {
    const body = listBody({ kind: 'component', q: ' led ' }, nobody, 2)
    expect(body).toMatchObject({
      offset: 2 * PAGE,
      limit: PAGE,
      orderBy: [{ field: 'metadata.name', order: 'asc' }],
      fullTextFilter: { term: 'led', words: true },
    })
    expect(body.fullTextFilter?.fields).toContain('spec.profile.displayName')
  })

  it('sends no empty text filter', () => {
    expect(listBody({ kind: 'component', q: '  ' }, nobody, 0)).not.toHaveProperty('fullTextFilter')
  })

  it('turns the sort of the URL into a field', () => {
    expect(listBody({ kind: 'component', sort: '-lifecycle' }, nobody, 0).orderBy).toEqual([
      { field: 'spec.lifecycle', order: 'desc' },
    ])
  })
})

describe('what a row brings', () => {
  it('is no more relations than it draws, and none where it draws none', () => {
    expect(listBody({ kind: 'group' }, nobody, 0)).toMatchObject({ mostRelations: TEAMS })
    expect(listBody({ kind: 'user' }, nobody, 0).fields).toContain('relations')
    expect(listBody({ kind: 'component' }, nobody, 0)).not.toHaveProperty('mostRelations')
  })

  it('is what it names that is not there', () => {
    expect(listBody({ kind: 'component', cols: ['none'] }, nobody, 0).fields).toContain('portico.absent')
    expect(absentWords({ count: 1, first: 'api:default/fares.v9' })).toBe('fares.v9 is not in the catalog')
    expect(absentWords({ count: 2, first: 'api:default/fares.v9' })).toBe('Names 2 things that are not there')
  })
})

describe('exportHref', () => {
  it('asks for the words of the text as the list does', () => {
    const href = exportHref(filtered({ kind: 'component', q: 'pay led' }, nobody), 'json')
    const asked = new URL(href, 'http://x').searchParams
    expect(asked.get('fullTextFilterTerm')).toBe('pay led')
    expect(asked.get('fullTextFilterWords')).toBe('true')
    expect(exportHref(filtered({ kind: 'component' }, nobody), 'json')).not.toContain('fullText')
  })
})

describe('columns of a list', () => {
  it('asks for the fields of the chosen columns, and sorts by any of them', () => {
    const body = listBody(
      { kind: 'component', cols: ['metadata.annotations.a.b/c', 'tags'], sort: '-metadata.annotations.a.b/c' },
      nobody,
      0,
    )
    expect(body.fields).toEqual(expect.arrayContaining(['metadata.annotations.a.b/c', 'metadata.tags']))
    expect(body.fields).not.toContain('spec.system')
    expect(body.orderBy).toEqual([{ field: 'metadata.annotations.a.b/c', order: 'desc' }])
  })
})

describe('countBody', () => {
  it('counts without the text when that is what is left out', () => {
    expect(countBody({ kind: 'api', q: 'x' }, nobody, 'q')).toEqual({ query: { kind: 'api' }, limit: 0 })
  })
})

describe('facetBodies', () => {
  it('shares one request among the facets in which nothing is chosen', () => {
    const bodies = facetBodies({ kind: 'component', type: ['service'] }, nobody)
    expect(bodies.map((b) => b.names)).toEqual([['type'], ['owner', 'lifecycle', 'tag', 'namespace']])
    expect(bodies[0]?.body.query).toEqual({ kind: 'component' })
    expect(bodies[1]?.body.query).toEqual({ $all: [{ kind: 'component' }, { 'spec.type': { $in: ['service'] } }] })
  })

  it('counts the ownerless without the owner filter', () => {
    expect(noOwnerBody({ kind: 'component', owner: ['a'] }, nobody).query).toEqual({
      $all: [{ kind: 'component' }, { $not: { 'relations.ownedBy': { $exists: true } } }],
    })
  })

  it('counts what the text finds', () => {
    const search = { kind: 'component', q: ' led ', type: ['service'] }
    const bodies = [...facetBodies(search, nobody).map((b) => b.body), noOwnerBody(search, nobody)]
    expect(bodies.map((b) => b.fullTextFilter)).toEqual(Array(3).fill({ term: 'led', fields: textFields, words: true }))
  })
})
