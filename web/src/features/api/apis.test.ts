import { describe, expect, test } from 'vitest'
import type { Entity } from '../../lib/entity.ts'
import { parseApiTabSearch } from './api-search.ts'
import { parseApisSearch } from './apis-search.ts'
import { apisSentence, byNeed } from './apis-words.ts'
import { codePieces, textLines } from './code-pieces.ts'
import { definitionOf } from './definition.ts'
import { rowAt, rowsOf } from './group-rows.ts'
import { parseMarkdown } from './markdown-parse.ts'
import { offers, outlineRows } from './outline-rows.ts'
import type { Outline } from './read/model.ts'

function api(name: string, callers: string[] = [], spec: Record<string, unknown> = {}): Entity {
  return {
    apiVersion: '',
    kind: 'API',
    metadata: { name },
    spec,
    relations: callers.map((targetRef) => ({ type: 'apiConsumedBy', targetRef })),
  }
}

describe('the sentence of the explorer', () => {
  const called = api('a', ['component:default/x', 'component:default/y'])
  const also = api('b', ['component:default/y'])
  test.each([
    [1, [], 0, '1 API; none is deprecated.'],
    [
      1_380,
      [called, also, api('c')],
      3,
      '1,380 APIs; 3 are deprecated, and 2 of those are still called by 2 components.',
    ],
    [9, [called, api('c')], 2, '9 APIs; 2 are deprecated, and 1 of those is still called by 2 components.'],
    [9, [called, also], 2, '9 APIs; 2 are deprecated, and all of those are still called by 2 components.'],
    [9, [also], 1, '9 APIs; 1 is deprecated, and still called by 1 component.'],
    [9, [api('c')], 1, '9 APIs; 1 is deprecated, and no file that you see names a caller of it.'],
    [900, [api('c')], 300, '900 APIs; 300 are deprecated.'],
    [900, [called, also, api('c')], 300, '900 APIs; 300 are deprecated, and at least 2 of those are still called.'],
    [
      9,
      [api('d', ['component:default/x', 'resource:default/z'])],
      1,
      '9 APIs; 1 is deprecated, and still called by 2 entities.',
    ],
  ])('%i APIs', (total, deprecated, deprecatedTotal, want) => {
    expect(apisSentence({ total, deprecated, deprecatedTotal })).toBe(want)
  })

  test('of callers that were not sent, the catalog says how many there are', () => {
    const cut = api('hub', ['component:default/x'])
    cut.portico = { relations: { apiConsumedBy: 4_000 } }
    const of = (kinds: { value: string; count: number }[]) =>
      apisSentence({ total: 9, deprecated: [cut], deprecatedTotal: 1, kinds })
    expect(of([{ value: 'Component', count: 4_000 }])).toBe(
      '9 APIs; 1 is deprecated, and still called by 4,000 components.',
    )
    expect(
      of([
        { value: 'Component', count: 4_000 },
        { value: 'Resource', count: 2 },
      ]),
    ).toBe('9 APIs; 1 is deprecated, and still called by 4,002 entities.')
    expect(byNeed([also, cut]).map((e) => e.metadata.name)).toEqual(['hub', 'b'])
  })

  test('the most called come first', () => {
    expect(byNeed([api('c'), also, called]).map((e) => e.metadata.name)).toEqual(['a', 'b', 'c'])
  })
})

test('rows of groups are found without loading them', () => {
  const by = 'owner' as const
  const groups = [
    { by, value: 'a', count: 2 },
    { by, value: 'b', count: 3 },
    { by, value: undefined, count: 1 },
  ]
  expect(rowsOf(groups)).toBe(9)
  const all = Array.from({ length: 9 }, (_, i) => rowAt(groups, i)).map((r) =>
    r?.at === undefined ? `[${r?.group.value ?? '–'}]` : `${r.group.value ?? '–'}${String(r.at)}`,
  )
  expect(all).toEqual(['[a]', 'a0', 'a1', '[b]', 'b0', 'b1', 'b2', '[–]', '–0'])
  expect(rowAt(groups, 9)).toBeUndefined()
})

test('what is not grouped has no heading', () => {
  const groups = [{ value: undefined, count: 2 }]
  expect(rowsOf(groups)).toBe(2)
  expect([0, 1, 2].map((i) => rowAt(groups, i)?.at)).toEqual([0, 1, undefined])
})

test('addresses', () => {
  expect(parseApisSearch({ group: 'owner', q: '' })).toEqual({ group: 'owner' })
  expect(parseApisSearch({ group: 'colour', q: 'pay' })).toEqual({ q: 'pay' })
  expect(parseApiTabSearch({ at: 'GET /a', view: 'other' })).toEqual({ at: 'GET /a' })
  expect(parseApiTabSearch({ find: 'a', view: 'text' })).toEqual({ find: 'a', view: 'text' })
  expect(parseApiTabSearch({ view: 'text', wrap: 'no' })).toEqual({ view: 'text', wrap: 'no' })
  expect(parseApiTabSearch({ wrap: 'maybe' })).toEqual({})
})

test('the definition of an entity', () => {
  expect(definitionOf(api('a'))).toBeUndefined()
  expect(definitionOf(api('a', [], { type: 'openapi', definition: ' \n' }))).toBeUndefined()
  expect(definitionOf(api('a', [], { type: 'openapi', definition: 'openapi: 3' }))).toMatchObject({
    ref: 'api:default/a',
    text: 'openapi: 3',
  })
  expect(definitionOf(api('a', [], { type: 'mcp-server', remotes: [{ type: 'sse', url: 'x' }] }))?.text).toContain(
    '"url": "x"',
  )
})

test('a filter keeps what has all its words, and whole groups by their name', () => {
  const outline: Outline = {
    sort: 'openapi',
    format: '',
    facts: [],
    noun: ['operation', 'operations'],
    notes: [],
    groups: [
      {
        name: 'Pets',
        items: [
          { id: 'GET /pets', badge: 'GET', label: '/pets', note: 'All' },
          { id: 'POST /pets', badge: 'POST', label: '/pets' },
        ],
      },
      { name: 'Schemas', minor: true, items: [{ id: 'schema Pet', label: 'Pet' }] },
    ],
  }
  const found = (find: string) =>
    outlineRows(outline, find).map((r) => (r.kind === 'group' ? `[${r.group.name}]` : r.item.id))
  expect(found('')).toHaveLength(5)
  expect(found('post pet')).toEqual(['[Pets]', 'POST /pets'])
  expect(found('pets')).toEqual(['[Pets]', 'GET /pets', 'POST /pets'])
  expect(found('schema')).toEqual(['[Schemas]', 'schema Pet'])
  expect(offers(outline)).toBe(2)
})

describe('Markdown of definitions', () => {
  test('what descriptions use', () => {
    const blocks = parseMarkdown(
      '# Head\nOne **two**\nthree `x` [ok](https://a.example).\n\n- a\n- b\n  more\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |',
    )
    expect(blocks.map((b) => b.kind)).toEqual(['head', 'p', 'list', 'code', 'table'])
    expect(blocks[1]).toMatchObject({
      inline: [
        { text: 'One ' },
        { kind: 'strong', text: 'two' },
        {},
        { kind: 'code', text: 'x' },
        {},
        { kind: 'link', href: 'https://a.example' },
        { text: '.' },
      ],
    })
    expect(blocks[2]).toMatchObject({ items: [[{ text: 'a' }], [{ text: 'b more' }]] })
  })

  test('nothing becomes a script or a strange link', () => {
    const said = JSON.stringify(
      parseMarkdown(
        '<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://p.example/x.png) <img src=x onerror=alert(1)> [d](data:text/html,x)',
      ),
    )
    expect(said).not.toContain('"link","text":"x"')
    expect(said).not.toMatch(/"href":"(javascript|data)/)
    expect(said).toContain('<script>alert(1)')
    expect(said).not.toContain('onerror')
  })

  test('a long hostile text ends', () => {
    for (const piece of ['[', '*', '`', '**a ', '[a](', '<b ', '|-', '> ', '- ', '_'])
      expect(parseMarkdown(piece.repeat(40_000)).length).toBeLessThanOrEqual(400)
  })
})

test('colours change no text', () => {
  for (const language of ['json', 'yaml', 'graphql', 'proto', 'ts', 'xml', 'shell', 'plain'] as const)
    for (const line of [
      '  "a": [1, true, "x // y"], // c',
      'type A { b: Int! } # d',
      '<a b="c"> <!-- e -->',
      "rpc X(Y) returns (Z); 'un",
    ])
      expect(
        codePieces(line, language)
          .map((p) => p.text)
          .join(''),
      ).toBe(line)
  expect(codePieces('"a": 1', 'json').map((p) => p.type)).toEqual(['key', undefined, 'number'])
})

test('descriptions of GraphQL are text, on one line and on several', () => {
  const lines = ['"""The ISO 8601 date."""', 'type A {', '  """', '  # type: no 12', '', '  """', '  a: Int # 1', '}']
  expect(textLines(lines, 'graphql')).toEqual([false, false, false, true, true, true, false, false])
  expect(codePieces(lines[0] ?? '', 'graphql')).toEqual([{ text: lines[0], type: 'string' }])
  expect(codePieces('schema {', 'graphql')[0]).toEqual({ text: 'schema', type: 'key' })
  expect(codePieces('  # type: no 12', 'graphql', true)).toEqual([{ text: '  # type: no 12', type: 'string' }])
})
