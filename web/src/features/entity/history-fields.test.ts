import { expect, test } from 'vitest'
import type { Change } from '../../lib/portico.ts'
import { changedFields, changesOf } from './history-fields.ts'

const change = (revision: number, ...paths: string[]): Change => ({
  revision,
  ref: 'component:default/a',
  uid: 'u',
  op: paths.length > 0 ? 'updated' : 'created',
  diff: paths.map((path) => ({ path })),
  at: '2026-01-31T10:00:00Z',
})

const all = [
  change(4, 'spec.owner', 'metadata.tags'),
  change(3, 'spec.ownerOf'),
  change(2, 'metadata.labels.tier'),
  change(1),
]

test('the fields are those that changed, each once', () => {
  expect(changedFields([...all, change(5, 'spec.owner')])).toEqual([
    'metadata.labels.tier',
    'metadata.tags',
    'spec.owner',
    'spec.ownerOf',
  ])
})

test('a field is itself and what is below it', () => {
  expect(changesOf(all, 'spec.owner').map((c) => c.revision)).toEqual([4])
  expect(changesOf(all, 'metadata.labels').map((c) => c.revision)).toEqual([2])
  expect(changesOf(all, 'spec.type')).toEqual([])
  expect(changesOf(all, undefined)).toBe(all)
})
