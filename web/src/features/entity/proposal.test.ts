import { expect, test } from 'vitest'
import { api } from '../../lib/paths.ts'
import { around, whatItDoes, type Preview } from './proposal.ts'

test('the path of a proposal', () => {
  expect(api.proposal('component:default/by-name')).toBe('/api/portico/entities/component/default/by-name/proposal')
})

test('of a long file there is what is near the difference', () => {
  const long = Array.from({ length: 2000 }, (_, i) => `line ${String(i)}`)
  const changed = long.with(1000, 'another')
  const [a, b] = around(long.join('\n'), changed.join('\n'))
  expect(a.split('\n')).toEqual(long.slice(980, 1021))
  expect(b.split('\n')).toEqual(changed.slice(980, 1021))
})

test('what is added at the end, and what repeats itself', () => {
  expect(around('a\nb\n', 'a\nb\n---\nb\n')).toEqual(['a\nb\n', 'a\nb\n---\nb\n'])
  expect(around('', 'a\n')).toEqual(['', 'a\n'])
  expect(around('x\nx', 'x\nx\nx')).toEqual(['x\nx', 'x\nx\nx'])
})

test('what it does, in words', () => {
  const p: Preview = {
    ref: 'component:default/a',
    path: 'p',
    isNew: false,
    adds: false,
    before: '',
    after: '',
    fields: [],
  }
  expect(whatItDoes({ ...p, isNew: true })).toBe('A new file')
  expect(whatItDoes({ ...p, adds: true })).toBe('A document is added to')
  expect(whatItDoes({ ...p, fields: [{ path: 'spec.owner', layer: 'overlay' }] })).toBe('One field is set in')
})
