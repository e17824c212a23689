import { describe, expect, it } from 'vitest'
import {
  alone,
  changeWords,
  feedItems,
  fieldName,
  isCut,
  listChange,
  manyOf,
  manyVerb,
  statusLines,
} from './change-words.ts'
import type { Change, ChangeOp, FieldChange } from './portico.ts'

const updated = (...diff: FieldChange[]) => changeWords({ op: 'updated', diff })

const conflict = { type: 'portico.dev/conflict', level: 'warning', message: 'b.yaml declares it too' }

describe('changeWords', () => {
  it.each([
    [updated({ path: 'spec.owner', from: 'treasury', to: 'payments' }), 'changed owner from treasury to payments'],
    [updated({ path: 'spec.system', to: 'fares' }), 'got system fares'],
    [updated({ path: 'spec.system', from: 'fares' }), 'lost system fares'],
    [updated({ path: 'metadata.description', from: 'a b', to: 'c d' }), 'changed its description'],
    [updated({ path: 'spec.profile', from: { a: 1 }, to: { a: 2 } }), 'changed its profile'],
    [updated({ path: 'metadata.tags', from: ['go'], to: ['go', 'pci'] }), 'gained pci in tags'],
    [updated({ path: 'spec.dependsOn', from: ['a'], to: ['b'] }), 'gained b and lost a in dependencies'],
    [updated({ path: 'metadata.tags', from: ['a', 'b'], to: ['b', 'a'] }), 'reordered its tags'],
    [updated({ path: 'spec.owner', to: 'a' }, { path: 'metadata.tags', to: ['x'] }), 'changed owner and tags'],
    [updated(...['a', 'b', 'c', 'd', 'e'].map((p) => ({ path: `spec.${p}`, to: 1 }))), 'changed a, b, c and 2 more'],
    [updated({ path: 'status', from: [conflict] }), 'is free of problems again'],
    [updated({ path: 'status', to: [conflict] }), 'is claimed by another file too'],
    [
      updated({ path: 'status', to: [{ ...conflict, type: 'backstage.io/catalog-processing' }] }),
      'has a file with errors',
    ],
    [updated(), 'was written anew without a change'],
    [changeWords({ op: 'removed', diff: null }), 'was removed'],
  ])('%s', (got, want) => {
    expect(got).toBe(want)
  })
})

describe('alone', () => {
  it.each([
    [alone({ op: 'created', diff: null }), 'Added'],
    [alone({ op: 'returned', diff: null }), 'Back'],
    [alone({ op: 'updated', diff: [{ path: 'status', to: [conflict] }] }), 'Claimed by another file too'],
    [alone({ op: 'updated', diff: [{ path: 'spec.system', to: 'fares' }] }), 'Got system fares'],
  ])('%s', (got, want) => {
    expect(got).toBe(want)
  })
})

describe('statusLines', () => {
  it('are the sentences of a status', () => {
    expect(statusLines([conflict, conflict])).toBe('b.yaml declares it too.\nb.yaml declares it too.')
    expect(statusLines(['a'])).toBeUndefined()
    expect(statusLines([])).toBeUndefined()
  })
})

describe('fieldName', () => {
  it.each([
    ['spec.owner', 'owner'],
    ['spec.consumesApis', 'called APIs'],
    ['metadata.labels.marrowby.example/tier', 'label marrowby.example/tier'],
    ['metadata.annotations.backstage.io/view-url', 'annotation backstage.io/view-url'],
    ['spec.homePort', 'home port'],
    ['spec.profile.email', 'profile.email'],
  ])('%s is %s', (path, want) => {
    expect(fieldName(path)).toBe(want)
  })
})

describe('listChange', () => {
  it('is about lists of words only', () => {
    expect(listChange('a', 'b')).toBeUndefined()
    expect(listChange([{ a: 1 }], [])).toBeUndefined()
    expect(listChange(undefined, ['a'])).toEqual({ added: ['a'], removed: [] })
  })
})

describe('a value of which the log sent the beginning', () => {
  const cut = { truncated: true, bytes: 12_288, start: 'openapi: 3.1.0' }

  it('is told apart and never said', () => {
    expect([cut, { truncated: true }, 'x', null, undefined].map(isCut)).toEqual([true, false, false, false, false])
    expect(updated({ path: 'spec.definition', from: 'a', to: cut })).toBe('changed its definition')
    expect(listChange(cut, ['a'])).toBeUndefined()
  })
})

describe('feedItems', () => {
  const change = (revision: number, op: ChangeOp): Change => ({
    revision,
    ref: 'component:default/x',
    uid: '',
    op,
    at: '',
  })

  it('is newest first and folds imports', () => {
    const items = feedItems([1, 2, 3, 4, 5].map((n) => change(n, 'created')).concat(change(6, 'updated')))
    expect(items.map((i) => i.type)).toEqual(['one', 'many'])
    expect(items[1]?.type === 'many' && [manyOf(items[1]), manyVerb(items[1])]).toEqual([
      '5 entities',
      'came into the catalog',
    ])
  })

  it('does not say how many came when the log goes on', () => {
    const created = [1, 2, 3, 4, 5].map((n) => change(n, 'created'))
    const words = (more: boolean) =>
      feedItems([...created, change(6, 'updated')], more).map((i) => i.type === 'many' && manyOf(i))
    expect(words(true)).toEqual([false, '5 entities or more'])
    expect(feedItems([change(0, 'updated'), ...created], true)[0]).toMatchObject({ cut: false })
  })

  it('never folds updates, and no short runs', () => {
    expect(feedItems([1, 2, 3, 4, 5].map((n) => change(n, 'updated')))).toHaveLength(5)
    expect(feedItems([1, 2, 3].map((n) => change(n, 'created')))).toHaveLength(3)
  })
})
