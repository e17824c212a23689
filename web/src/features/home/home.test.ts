import { describe, expect, it } from 'vitest'
import type { Problem, Problems, Source } from '../../lib/portico.ts'
import { attentionItems } from './attention.tsx'
import { homeHeadline } from './headline.ts'

const error = (over: Partial<Problem>): Problem => ({
  id: 'p',
  sourceId: 's',
  location: 'file:/a/x.yaml',
  ref: null,
  file: '/a/x.yaml',
  line: 1,
  column: 1,
  path: '',
  level: 'error',
  message: 'owner is missing',
  since: '',
  ...over,
})
const problems = (...errors: Problem[]): Problems => ({
  errors,
  conflicts: [],
  missing: [],
  removed: [],
  totals: { errors: errors.length, conflicts: 0, missing: 0, removed: 0 },
})

describe('homeHeadline', () => {
  it('counts files, not their errors', () => {
    expect(homeHeadline(9, [], problems(error({ line: 1 }), error({ line: 2 }))).first).toBe(
      'One file needs a correction.',
    )
    expect(homeHeadline(9, [], problems(error({}), error({ file: '/a/y.yaml' }))).first).toBe(
      '2 files need a correction.',
    )
  })

  it('tells first of sources that wait', () => {
    const held = { held: { missing: 3 } } as Source
    expect(homeHeadline(9, [held], problems(error({}))).first).toBe('One source waits for your decision.')
    expect(homeHeadline(9, [held, held], problems()).first).toBe('Two sources wait for your decision.')
  })

  it('tells of what is claimed twice too', () => {
    const claimed = (p: Problems): Problems => ({ ...p, totals: { ...p.totals, conflicts: 1 } })
    expect(homeHeadline(9, [], claimed(problems(error({}))))).toEqual({
      first: 'One file needs a correction.',
      rest: 'One more thing needs a look.',
    })
    expect(homeHeadline(9, [], claimed(problems()))).toEqual({
      first: 'One thing needs a look.',
      rest: '9 things are in the catalog.',
    })
  })
})

describe('attentionItems', () => {
  const failed = (lastSuccessAt: string | null) =>
    ({ id: 'f', title: 'F', state: 'failed', message: 'it does not answer', held: null, lastSuccessAt }) as Source

  it('says of a source that failed what is kept of it', () => {
    expect(attentionItems([failed('2026-11-23T09:00:00Z')], undefined)[0]?.words).toBe(
      'It does not answer. What it said last is kept.',
    )
    expect(attentionItems([failed(null)], undefined)[0]?.words).toBe(
      'It does not answer. Nothing of it is in the catalog yet.',
    )
  })

  it('names both files of a conflict', () => {
    const claim = (name: string, line: number) => ({ location: `file:/a/${name}.yaml`, line, since: '' })
    const twice = { ref: 'component:default/x', kept: claim('old', 4), refused: claim('new', 9) }
    expect(attentionItems([], { ...problems(), conflicts: [twice] })[0]?.words).toBe(
      'a/old.yaml:4 and a/new.yaml:9 both declare it. The first one keeps it.',
    )
  })

  it('says what to write as a sentence', () => {
    const items = attentionItems([], problems(error({ remedy: 'keep one of the two' }), error({ id: 'q' })))
    expect(items.map((i) => i.words)).toEqual(['Owner is missing. Keep one of the two.', 'Owner is missing.'])
  })
})
