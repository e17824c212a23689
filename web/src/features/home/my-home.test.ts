import { describe, expect, it } from 'vitest'
import type { Entity } from '../../lib/entity.ts'
import { stateWords, type Need, type Owned, type Standing } from '../../lib/owned.ts'
import type { NearChange } from './api.ts'
import { greetingWords } from './greeting.ts'
import { concernWords, massNames, nearLines, nearWords, type NearLine } from './near-words.ts'
import { askingKinds, faultOf, moreMayWait, needWords, ownedHeadline, usersWords, waitingOn } from './need-words.ts'

const owned = (total: number, levels: Partial<Owned['levels']> = {}, kinds?: Record<string, number>): Owned => ({
  total,
  kinds: kinds ?? { component: total },
  levels: { bad: 0, warn: 0, later: 0, ...levels },
  deprecated: 0,
  items: [],
})
const entity = (name: string, lifecycle = 'production'): Entity => ({
  apiVersion: 'v1',
  kind: 'Component',
  metadata: { name },
  spec: { lifecycle },
})
const standing = (name: string, needs: Need[], users = 0, lifecycle = 'production'): Standing => ({
  entity: entity(name, lifecycle),
  changedAt: null,
  users,
  level: 0,
  needs,
})

describe('the sentence of Home', () => {
  it.each([
    [owned(14), 0, 'All 14 of your services are in order.', ''],
    [owned(1), 0, 'Your service is in order.', ''],
    [owned(14, { bad: 1 }), 0, 'One of your 14 services needs a correction.', ''],
    [
      owned(14, { bad: 2, warn: 1 }),
      1,
      'Two of your 14 services need a correction.',
      'One more needs a look. One source waits for your decision.',
    ],
    [owned(14, { warn: 14 }), 0, 'All of your 14 services need a look.', ''],
    [owned(1, { warn: 1 }), 0, 'Your service needs a look.', ''],
    [owned(23, { bad: 1 }, { component: 20, api: 3 }), 0, 'One of the 23 things you own needs a correction.', ''],
    [
      owned(23, { later: 2 }, { component: 20, api: 3 }),
      0,
      'None of the 23 things you own needs you now.',
      'Two use something deprecated or without an owner.',
    ],
    [owned(0), 2, 'Nothing of yours is in the catalog yet.', 'Two sources wait for your decision.'],
  ])('%#', (given, held, first, rest) => {
    expect(ownedHeadline(given, held)).toEqual({ first, rest })
  })

  it('greets by the clock', () => {
    expect(greetingWords(new Date(2026, 0, 1, 9), 'Ines Roca')).toBe('Good morning, Ines')
    expect(greetingWords(new Date(2026, 0, 1, 2), 'Ines Roca')).toBe('Hello, Ines')
    expect(greetingWords(new Date(), undefined)).toBeUndefined()
  })
})

describe('what is needed', () => {
  const now = new Date('2026-11-29T12:00:00Z')

  it('says where a fault is and what it is', () => {
    expect(faultOf('payments/catalog-info.yaml:9:3: ownr is not a field')).toEqual({
      where: 'payments/catalog-info.yaml:9:3',
      what: 'Ownr is not a field.',
    })
    expect(faultOf('the file is gone')).toEqual({ where: '', what: 'The file is gone.' })
  })

  it('is a sentence with its cause', () => {
    const words = (need: Need) => needWords(need, now)
    expect(words({ what: 'missing', message: 'missing since 2026-11-27T12:00:00Z: its file is gone' })).toBe(
      'Missing for 2 days. Its file is gone. It is still shown, and goes when nobody brings it back.',
    )
    expect(words({ what: 'absent', ref: 'api:default/fares.v1' })).toBe(
      'It names API fares.v1, which is not in the catalog.',
    )
    expect(words({ what: 'error', message: 'a.yaml:1:2: no kind' })).toBe(
      'No kind. It stands as its file last could be read.',
    )
  })

  it('is told in a few words in a row', () => {
    expect(stateWords(standing('a', []))).toBe('In order')
    expect(stateWords(standing('a', [], 3))).toBe('In order · used by 3')
    expect(stateWords(standing('a', [], 3, 'Deprecated'))).toBe('Deprecated, 3 still use it')
    expect(stateWords(standing('a', [{ what: 'deprecated', ref: 'api:default/v1' }]))).toBe('Uses v1, deprecated')
    const two: Need[] = [
      { what: 'absent', ref: 'api:default/v1' },
      { what: 'absent', ref: 'api:default/v2' },
    ]
    expect(stateWords(standing('a', two))).toBe('Names 2 things that are not there')
  })

  it('is one thing to do, however many use it', () => {
    const v1: Need = { what: 'deprecated', ref: 'api:default/v1' }
    const items = [
      standing('a', [v1, { what: 'ownerless', ref: 'resource:default/db' }]),
      standing('b', [v1]),
      standing('c', [{ what: 'absent', ref: 'api:default/x' }]),
    ]
    const [first, second, ...others] = waitingOn(items)
    expect(first).toEqual({
      ref: 'api:default/v1',
      what: 'deprecated',
      users: ['component:default/a', 'component:default/b'],
    })
    expect(second?.ref).toBe('resource:default/db')
    expect(others).toEqual([])
    expect(usersWords(first?.users ?? [])).toBe('a and b use it.')
    expect(usersWords(['component:default/a'])).toBe('a uses it.')
    expect(usersWords(['a', 'b', 'c', 'd'].map((n) => `component:default/${n}`))).toBe('a, b and 2 more use it.')
  })
})

describe('a list that is cut', () => {
  const at = (name: string, level: Standing['level'], kind = 'Component'): Standing => {
    const one = standing(name, [])
    return { ...one, level, entity: { ...one.entity, kind } }
  }
  const listed = (items: Standing[], levels: Partial<Owned['levels']>, total = items.length) => ({
    ...owned(total, levels),
    items,
  })

  it('counts by kind what asks only where it has all of it', () => {
    const items = [at('a', 3), at('b', 2), at('v1', 2, 'API'), at('c', 1)]
    expect(askingKinds(listed(items, { bad: 1, warn: 2, later: 1 }))).toEqual({ component: 2, api: 1 })
    expect(askingKinds(listed(items, { bad: 1, warn: 3, later: 1 }, 90))).toBeUndefined()
    expect(askingKinds(listed([at('c', 0)], {}))).toEqual({})
  })

  it('says "at least" of what can wait', () => {
    const items = [at('a', 3), at('b', 1)]
    expect(moreMayWait(listed(items, { bad: 1, later: 1 }, 90))).toBe(false)
    expect(moreMayWait(listed(items, { bad: 1, later: 2 }, 90))).toBe(true)
    expect(moreMayWait(listed([{ ...at('a', 3), moreNeeds: 2 }], { bad: 1 }))).toBe(true)
    const users = ['a', 'b', 'c'].map((n) => `component:default/${n}`)
    expect(usersWords(users, true)).toBe('At least a, b and 1 more use it.')
    expect(usersWords(users.slice(0, 1), true)).toBe('At least a uses it.')
  })
})

describe('what changed around', () => {
  const at = (lines: NearLine[], i: number) => lines[i] as NearLine
  let revision = 100
  const change = (name: string, minutes: number, over: Partial<NearChange> = {}): NearChange => ({
    revision: revision--,
    ref: `component:default/${name}`,
    uid: '',
    op: 'updated',
    diff: [{ path: 'spec.owner', from: 'a', to: 'b' }],
    at: new Date(Date.UTC(2026, 10, 29, 12, -minutes)).toISOString(),
    own: true,
    for: [],
    ...over,
  })

  it('makes one line of a mass change', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((n, i) => change(n, i))
    const lines = nearLines([...many, change('x', 6, { op: 'created', diff: null })])
    expect(lines).toHaveLength(2)
    expect(nearWords(at(lines, 0))).toBe('changed owner')
    expect(massNames(at(lines, 0).refs)).toBe('a, b and 3 more')
    expect(nearWords(at(lines, 1))).toBe('was added')
  })

  it('keeps apart what was done at other times', () => {
    expect(nearLines(['a', 'b', 'c', 'd'].map((n, i) => change(n, i * 60)))).toHaveLength(4)
  })

  it('counts what one did again, and names whom it concerns', () => {
    const lines = nearLines([
      change('theirs', 0, { own: false, for: ['component:default/mine'] }),
      change('theirs', 1, { own: false, for: ['component:default/mine'] }),
    ])
    expect(lines).toHaveLength(1)
    expect(nearWords(at(lines, 0))).toBe('changed owner from a to b, 2 times')
    expect(concernWords(at(lines, 0))).toBe('mine uses it.')
  })
})
