import { describe, expect, it } from 'vitest'
import { relationCount, type Entity } from '../../lib/entity.ts'
import type { Change } from '../../lib/portico.ts'
import { yamlBlockText, yamlPieces } from '../../ui/highlight.ts'
import { byDay } from './by-day.ts'
import { parentOf } from './crumbs.tsx'
import { oneStepCount } from '../graph/graph-search.ts'
import { sides } from './neighbours.ts'
import { templateFields, templateSteps } from './template-parts.ts'

const entity = (relations: [string, string][]): Entity => ({
  apiVersion: '',
  kind: 'Component',
  metadata: { name: 'x' },
  relations: relations.map(([type, targetRef]) => ({ type, targetRef })),
})

describe('neighbours', () => {
  const it1 = entity([
    ['ownedBy', 'group:default/a'],
    ['apiConsumedBy', 'component:default/u'],
    ['dependencyOf', 'component:default/u'],
    ['dependsOn', 'resource:default/n'],
    ['consumesApi', 'api:default/c'],
  ])

  it('stand at the side of the user or of the need, once each', () => {
    const { users, needs } = sides(it1)
    expect(users).toEqual({ all: [{ ref: 'component:default/u', types: ['dependencyOf', 'apiConsumedBy'] }], total: 1 })
    expect(needs.all.map((n) => n.ref)).toEqual(['resource:default/n', 'api:default/c'])
  })

  it('count those too that did not come with the entity', () => {
    const cut = { ...it1, portico: { related: 5004, relations: { apiConsumedBy: 5001 } } }
    expect(sides(cut).users.total).toBe(5001)
    expect(sides(cut).needs.total).toBe(2)
    expect(relationCount(cut, 'apiConsumedBy')).toBe(5001)
    expect(relationCount(cut, 'dependsOn')).toBe(1)
    expect([oneStepCount(cut), oneStepCount(it1)]).toEqual([5003, 3])
  })

  it('name the nearest parent', () => {
    expect(
      parentOf(
        entity([
          ['partOf', 'domain:default/d'],
          ['partOf', 'system:default/s'],
        ]),
      ),
    ).toBe('system:default/s')
    expect(parentOf(entity([]))).toBeUndefined()
  })
})

describe('templates', () => {
  it('ask on one page or on several', () => {
    const page = { title: 'T', required: ['a'], properties: { a: { title: 'A', type: 'string' }, b: {} } }
    const want = [
      { name: 'a', title: 'A', type: 'text', description: undefined, required: true },
      { name: 'b', title: 'b', type: 'anything', description: undefined, required: false },
    ]
    expect(templateFields(page)).toEqual([{ title: 'T', fields: want }])
    expect(templateFields([page, null, 'x'])).toHaveLength(1)
    expect(templateFields(undefined)).toEqual([])
    expect(templateSteps([{ id: 'x', action: 'fetch:plain' }, 3])).toEqual([{ name: 'x', action: 'fetch:plain' }])
  })
})

describe('byDay', () => {
  it('keeps the order and cuts at midnight', () => {
    const at = (s: string): Change => ({ revision: 1, ref: '', uid: '', op: 'updated', at: s })
    const days = byDay([at('2026-11-23T10:00:00'), at('2026-11-23T01:00:00'), at('2026-11-22T23:59:00')])
    expect(days.map((d) => d.changes.length)).toEqual([2, 1])
  })
})

describe('yamlPieces', () => {
  it.each([
    [
      'kind: Component',
      [
        ['kind', 'key'],
        [':', undefined],
        [' Component', 'string'],
      ],
    ],
    ['  - a', [['  - a', 'string']]],
    [
      'port: 80 # http',
      [
        ['port', 'key'],
        [':', undefined],
        [' 80 ', 'number'],
        ['# http', 'comment'],
      ],
    ],
    ['# all', [['# all', 'comment']]],
    ['  url:https://x', [['  url:https://x', undefined]]],
    ['', []],
  ])('%s', (line, want) => {
    expect(yamlPieces(line).map((p) => [p.text, p.type])).toEqual(want)
  })

  it('never loses a character', () => {
    for (const line of ['- name: x', 'a: "b # c"', '  $ref: "#/x"', 'x:   ', "'/a b':", '- - : #']) {
      expect(
        yamlPieces(line)
          .map((p) => p.text)
          .join(''),
      ).toBe(line)
    }
  })
})

describe('yamlBlockText', () => {
  const within = (text: string) => {
    const lines = text.split('\n')
    const found = yamlBlockText(lines)
    return lines.filter((_, i) => found[i])
  }
  it.each([
    ['a: |\n  b: 1\n\n  # c\nd: 2', ['  b: 1', '', '  # c']],
    ['a: >-\n  b\nc: |2+ # why\n   d\n', ['  b', '   d', '']],
    ['- key: |\n    x: y\n  other: z', ['    x: y']],
    ['- |\n  x\n- y', ['  x']],
    ['- - >\n    x: 1\n  - y', ['    x: 1']],
    ['a: !!str &at |\n  x: 1\nb: 2', ['  x: 1']],
    ['--- |\nx: 1\ny: 2', ['x: 1', 'y: 2']],
    ['a: b |\n  c: d', []],
    ['# a: |\n  c: d', []],
    ['a: 1 # see: |\n  c: d', []],
    ['a: "x >"\n  c: d', []],
    ['if: a > b\nc: d', []],
  ])('%j', (text, want) => {
    expect(within(text)).toEqual(want)
  })

  it('gives such lines one colour', () => {
    expect(yamlPieces('  # no: comment', true)).toEqual([{ text: '  # no: comment', type: 'string' }])
    expect(yamlPieces('', true)).toEqual([])
  })
})
