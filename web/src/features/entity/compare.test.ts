import { describe, expect, it } from 'vitest'
import type { Entity } from '../../lib/entity.ts'
import { parseHistorySearch } from './history-search.ts'
import { lineDiff, linesOf, near } from './line-diff.ts'
import { locationsOf, yieldedBody } from './location-targets.ts'
import { hashOf, linesOfHash } from './source-search.ts'
import { goneWords, losingWords, lossWords, type Consequences } from './unregister-words.ts'

describe('two texts line by line', () => {
  const words = (a: string, b: string) =>
    lineDiff(a.split(' '), b.split(' ')).map(({ was, now }) => (was === now ? was : `${was ?? ''}>${now ?? ''}`))

  it('keeps what both have, and puts what went beside what came', () => {
    expect(words('a b c', 'a x c')).toEqual(['a', 'b>x', 'c'])
    expect(words('a b', 'a b c')).toEqual(['a', 'b', '>c'])
    expect(words('a b c d', 'd')).toEqual(['a>', 'b>', 'c>', 'd'])
    expect(words('a', 'b')).toEqual(['a>b'])
  })

  it('says nothing of what is not set', () => {
    expect(lineDiff(linesOf(undefined), linesOf('x\ny'))).toEqual([{ now: 'x' }, { now: 'y' }])
    expect(linesOf(['a', 'b'])).toEqual(['- a', '- b'])
    expect(linesOf({ truncated: true, bytes: 9000, start: 'x' })).toEqual(['x… (9 KB)'])
  })

  it('shows of a long text what is near a difference', () => {
    const long = Array.from({ length: 30 }, (_, i) => String(i))
    const shown = near(lineDiff(long, long.with(15, 'x')))
    expect(shown.map((l) => l?.now)).toEqual([undefined, '12', '13', '14', 'x', '16', '17', '18', undefined])
  })
})

describe('addresses', () => {
  it('has two points', () => {
    expect(parseHistorySearch({ from: '12', to: '34', view: 'unified' })).toEqual({ from: 12, to: 34, view: 'unified' })
    expect(parseHistorySearch({ to: '34', field: 'spec.owner' })).toEqual({ field: 'spec.owner' })
    expect(parseHistorySearch({ from: 'x' })).toEqual({})
    expect(parseHistorySearch({ from: 0 })).toEqual({ from: 0 })
  })

  it('has lines', () => {
    expect(linesOfHash('L12')).toEqual({ from: 12, to: 12 })
    expect(linesOfHash('#L20-L12')).toEqual({ from: 12, to: 20 })
    expect(linesOfHash('overview')).toBeUndefined()
    expect(hashOf(5, undefined)).toBe('L5')
    expect(hashOf(5, { from: 9, to: 9 })).toBe('L5-L9')
    expect(hashOf(12, { from: 9, to: 9 })).toBe('L9-L12')
  })
})

describe('what unregistering takes away', () => {
  const nothing: Consequences = {
    ref: 'component:default/a',
    goes: [],
    going: 1,
    loses: [],
    losing: 0,
    indirect: 0,
    returns: null,
  }
  it('is told in sentences', () => {
    expect(lossWords(nothing)).toBe('Nothing else lacks anything without it.')
    const loss = (name: string, type: string, depth = 1) => ({
      ref: `component:default/${name}`,
      type,
      target: nothing.ref,
      depth,
    })
    const both = [
      loss('b', 'dependsOn'),
      loss('b', 'consumesApi'),
      loss('c', 'apiProvidedBy'),
      loss('d', 'dependsOn', 2),
    ]
    expect(lossWords({ ...nothing, losing: 2, loses: both, indirect: 1 })).toBe(
      'Two entities lack something without it: 1 uses it and 1 is an API that it provides. 1 more is further away, 3 in all.',
    )
    // Where not all are listed it is not told how many of them do what.
    expect(lossWords({ ...nothing, losing: 1 })).toBe('One entity lacks something without it.')
    expect(lossWords({ ...nothing, losing: 3, indirect: 10, cut: true })).toBe(
      'Three entities lack something without it. At least 10 more are further away, at least 13 in all.',
    )
    expect(goneWords('a', { ...nothing, going: 3, losing: 1 })).toBe(
      'a is unregistered. 2 entities went with it. 1 entity lacks something now.',
    )
  })

  it('names what is lacked where it is another', () => {
    const loss = { ref: 'component:default/b', type: 'dependsOn', target: 'component:default/a', depth: 1 }
    expect(losingWords(loss, 'component:default/a')).toBe('depends on it')
    expect(losingWords({ ...loss, target: 'resource:default/db' }, 'component:default/a')).toBe('depends on db')
    expect(losingWords({ ...loss, type: 'runsOn' }, 'component:default/a')).toBe('has runsOn to it')
  })
})

describe('what a location yields', () => {
  const location = (at: string, spec: Record<string, unknown>): Entity => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Location',
    metadata: { name: 'all', annotations: { 'backstage.io/managed-by-location': at } },
    spec,
  })

  it('is what comes from its files', () => {
    expect(
      locationsOf(location('file:/srv/a/all.yaml', { targets: ['./b.yaml', '../c d.yaml', '/x.yaml', './*.yaml'] })),
    ).toEqual(['file:/srv/a/b.yaml', 'file:/srv/c d.yaml', 'file:/x.yaml'])
    expect(locationsOf(location('url:https://h/o/r/blob/main/all.yaml', { target: './b.yaml' }))).toEqual([
      'url:https://h/o/r/blob/main/b.yaml',
    ])
    expect(yieldedBody(location('url:https://h/a.yaml', { targets: ['./*.yaml'] }), false)).toBeUndefined()
    expect(
      yieldedBody(location('url:https://h/a.yaml', { type: 'url', target: 'https://h/a.yaml' }), true),
    ).toMatchObject({
      query: { 'metadata.annotations.backstage.io/managed-by-origin-location': 'url:https://h/a.yaml' },
    })
  })
})
