import { describe, expect, it } from 'vitest'
import {
  changesOf,
  differenceWords,
  draftOf,
  factsOf,
  faultOf,
  fieldOf,
  markOf,
  nameOf,
  placeOf,
  sentence,
  type Provenance,
} from './provenance.ts'

const shop: Provenance = {
  ref: 'component:default/shop',
  base: 'declared',
  file: 'a.yaml',
  leftOut: [],
  settable: [
    'metadata.title',
    'metadata.description',
    'metadata.tags',
    'metadata.links',
    'spec.owner',
    'spec.lifecycle',
  ],
  fields: [
    { path: 'metadata.description', layer: 'inferred', value: 'Guessed' },
    { path: 'metadata.links[https://d]', layer: 'declared', value: { url: 'https://d' } },
    { path: 'metadata.links[https://o]', layer: 'overlay', value: { url: 'https://o', title: 'O', icon: 'help' } },
    { path: 'metadata.tags[go]', layer: 'inferred', value: 'go' },
    { path: 'metadata.tags[java]', layer: 'declared', value: 'java' },
    {
      path: 'spec.owner',
      layer: 'declared',
      value: 'team-a',
      differs: [
        { layer: 'overlay', value: 'group:default/b' },
        { layer: 'inferred', value: 'c' },
      ],
    },
    { path: 'spec.lifecycle', layer: 'declared', value: 'production', differs: [{ layer: 'inferred', value: 'x' }] },
  ],
}

describe('what a fact is marked by', () => {
  it('is its layer, and what people set beside what a file declares', () => {
    const mark = (path: string) => markOf(factsOf(shop.fields, path)[0] ?? { path, layer: 'declared', value: '' })
    expect(['metadata.description', 'metadata.links[https://o]', 'spec.owner', 'spec.lifecycle'].map(mark)).toEqual([
      'inferred',
      'overlay',
      'conflict',
      'declared', // what a guess would have been is no conflict
    ])
  })

  it('takes no path for the beginning of another', () => {
    expect(factsOf(shop.fields, 'metadata.tags').map((f) => f.value)).toEqual(['go', 'java'])
    expect(factsOf(shop.fields, 'metadata.tag')).toEqual([])
  })
})

describe('words', () => {
  it('say where a value was seen, and how sure that is', () => {
    const seen = { says: 'has a main package', sure: 'likely' as const, file: 'cmd/main.go', line: 3 }
    expect(sentence({ layer: 'inferred', value: 'service', evidence: [seen] })).toBe(
      'Inferred: has a main package, which is likely.',
    )
    expect(sentence({ layer: 'inferred', value: 'service' })).toBe('Inferred from its repository.')
    expect(placeOf(seen)).toBe('cmd/main.go:3')
    expect(placeOf({ file: 'go.mod', line: 0 })).toBe('go.mod')
    expect(differenceWords({ layer: 'overlay', value: 'b' })).toBe('b was set in the portal')
  })
})

describe('a form', () => {
  const before = draftOf(shop)

  it('begins with what can be changed here', () => {
    expect(before).toEqual({
      texts: {
        'metadata.title': '',
        'metadata.description': 'Guessed',
        'spec.owner': 'group:default/b',
        'spec.lifecycle': '',
      },
      tags: 'go',
      links: [{ url: 'https://o', title: 'O', icon: 'help' }],
    })
    expect(changesOf(before, before)).toEqual({})
  })

  it('sends what is no longer as it was', () => {
    const texts = { ...before.texts, 'metadata.title': ' Shop ', 'metadata.description': '' }
    expect(changesOf(before, { texts, tags: 'Go,  new', links: [...before.links, { url: ' ' }] })).toEqual({
      'metadata.title': 'Shop',
      'metadata.description': null,
      'metadata.tags': ['go', 'new'],
    })
    expect(changesOf(before, { ...before, links: [] })).toEqual({ 'metadata.links': [] })
  })

  it('shows an error at its field', () => {
    expect(faultOf('spec.owner: ":x" is no reference', shop.settable)).toEqual({
      path: 'spec.owner',
      says: '":x" is no reference',
    })
    expect(faultOf('the portal is away', shop.settable)).toBeUndefined()
  })
})

it.each([
  ['spec.owner', 'spec.owner', 'Owner'],
  ['metadata.tags[java]', 'metadata.tags', 'Tag java'],
  ['metadata.links[https://a.example/[x]]', 'metadata.links', 'Link https://a.example/[x]'],
  ['metadata.labels.tier', 'metadata.labels.tier', 'metadata.labels.tier'],
])('%s is of %s and called %s', (path, field, name) => {
  expect([fieldOf(path), nameOf(path)]).toEqual([field, name])
})
