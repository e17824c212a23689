import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { corpusIsMissing, openapiCorpus } from '../../../../e2e/shared.ts'
import type { Entry, Field, Outline, Reading } from './model.ts'
import { readDefinition } from './read.ts'

/** Every definition of the shared corpora goes through what the page goes through. */
const home = openapiCorpus()

/** No definition, and not a part of one: shown as text. */
const texts: Record<string, string> = {
  'digitalocean__openapi/specification/description.yml': 'running text, which another file puts into info.description',
  'digitalocean__openapi/specification/inference_description.yml': 'running text, as above',
  'digitalocean__openapi/specification/resources/byoip_prefixes/responses/examples.yml':
    'bodies of answers, without a word of what they are',
  'usememos__memos/proto/buf.yaml': 'the configuration of a tool',
}

/** In the index, but not in every copy of the corpora: they are the two largest. */
const maybeAbsent = ['box__box-openapi/openapi.json', 'PagerDuty__api-schema/reference/REST/openapiv3.json']

interface Row {
  file: string
  type: string
}

function rows(home: string): Row[] {
  return readFileSync(join(home, 'INDEX.tsv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [file = '', , , , type = ''] = line.split('\t')
      return { file, type }
    })
    .filter(({ file }) => !maybeAbsent.includes(file) || existsSync(join(home, file)))
}

const backstageTypes: Record<string, string> = {
  openapi: 'openapi',
  swagger: 'openapi',
  asyncapi: 'asyncapi',
  graphql: 'graphql',
  protobuf: 'grpc',
}

if (home === undefined) {
  // Said aloud, since the summary counts a skipped test but does not say why.
  console.warn(`skipped: ${corpusIsMissing}`)
  test.skip(corpusIsMissing)
} else
  describe(`the definitions of ${home}`, () => {
    definitionsOf(home)
  })

function definitionsOf(home: string): void {
  const all = rows(home)
  const byType = new Map<string, Row[]>()
  for (const row of all) {
    const type = row.type.split(' ')[0] ?? ''
    byType.set(type, [...(byType.get(type) ?? []), row])
  }

  test('there are as many as ever', () => {
    expect(all.length).toBeGreaterThan(1_700)
  })

  for (const [type, files] of byType) {
    test(`${type}: ${files.length} files show`, { timeout: 120_000 }, () => {
      const wrong: string[] = []
      for (const { file } of files) {
        const text = readFileSync(join(home, file), 'utf8')
        const { reading, fault } = readDefinition(backstageTypes[type] ?? 'openapi', text)
        if (file in texts) {
          if (reading) wrong.push(`${file}: shows, though it is named as an exception`)
          continue
        }
        if (!reading) {
          wrong.push(`${file}: ${fault?.message ?? 'text alone'}${fault?.line ? ` at line ${fault.line}` : ''}`)
          continue
        }
        wrong.push(...complaints(type, text, reading).map((c) => `${file}: ${c}`))
      }
      expect(wrong).toEqual([])
    })
  }
}

/** What the model lacks, by other means than those that made it. */
function complaints(type: string, text: string, reading: Reading): string[] {
  const { outline } = reading
  const out: string[] = []
  const count = (name: (g: Outline['groups'][number]) => boolean) =>
    outline.groups.filter(name).reduce((n, g) => n + g.items.length, 0)
  const same = (what: string, got: number, want: number) => {
    if (got !== want) out.push(`${got} ${what}, but ${want} are written`)
  }
  if (outline.groups.length === 0 && operationsWritten(text) !== 0) out.push('no group')
  if (type === 'openapi' || type === 'swagger') {
    same(
      'operations',
      count((g) => !g.minor && g.name !== 'Webhooks'),
      operationsWritten(text),
    )
    if (outline.title === undefined) out.push('no title')
  }
  if (type === 'asyncapi') {
    same(
      'operations',
      count((g) => g.name === 'Operations'),
      keysWritten(text, 'operations'),
    )
    same(
      'channels',
      count((g) => g.name === 'Channels'),
      keysWritten(text, 'channels'),
    )
  }
  if (type === 'protobuf') {
    const bare = text
      .replace(/"[^"\n]*"/g, '""')
      .replace(/\/\/[^\n]*/g, '')
      .replace(/\/\*[\s\S]*?\*\//g, '')
    const services = new Set(bare.match(/^service \w+/gm)?.map((s) => s.slice(8)) ?? [])
    const of = outline.groups.filter((g) => services.has(g.name.split('.').at(-1) ?? ''))
    same(
      'calls',
      of.reduce((n, g) => n + g.items.length, 0),
      bare.match(/^\s*rpc\s+\w+/gm)?.length ?? 0,
    )
    same(
      'messages',
      count((g) => g.name === 'Messages'),
      bare.match(/(^|\s)message\s+\w+\s*\{/g)?.length ?? 0,
    )
    same(
      'enums',
      count((g) => g.name === 'Enums'),
      bare.match(/(^|\s)enum\s+\w+\s*\{/g)?.length ?? 0,
    )
  }
  if (type === 'graphql') {
    const bare = text.replace(/"""[\s\S]*?"""/g, '').replace(/#[^\n]*/g, '')
    const types = bare.match(/^(type|input|enum|interface|union|scalar|directive)\s/gm)?.length ?? 0
    const roots = outline.groups.filter((g) => ['Queries', 'Mutations', 'Subscriptions'].includes(g.name)).length
    same('types', count((g) => g.minor === true) + roots, types)
  }
  // Every entry opens, and says something.
  for (const group of outline.groups) {
    for (const item of group.items) {
      const entry = reading.entry(item.id)
      if (!entry) out.push(`“${item.id}” does not open`)
      else if (entry.blocks.length === 0 && !entry.about) out.push(`“${item.id}” is empty`)
      else out.push(...bounded(entry).map((c) => `“${item.id}” ${c}`))
      if (out.length > 5) return out
    }
  }
  const ids = outline.groups.flatMap((g) => g.items.map((i) => i.id))
  if (new Set(ids).size !== ids.length) out.push('two entries have one address')
  return out
}

/** However large the definition: what one entry hands over is small. */
function bounded(entry: Entry): string[] {
  const fields = (list: Field[]): number => list.reduce((n, f) => n + 1 + fields(f.fields ?? []), 0)
  const n = entry.blocks.reduce((sum, b) => sum + (b.kind === 'fields' ? fields(b.fields) : 0), 0)
  const size = JSON.stringify(entry).length
  return [...(n > 4_000 ? [`has ${n} fields`] : []), ...(size > 2_000_000 ? [`is ${size} bytes`] : [])]
}

const methods = 'get|put|post|delete|options|head|patch|trace|query'

/** Counted in the text, by indentation or by the parser of JSON: never by the code under test. */
function operationsWritten(text: string): number {
  if (/^\s*\{/.test(text)) {
    const { paths = {} } = JSON.parse(text) as { paths?: Record<string, Record<string, unknown>> }
    const is = new RegExp(`^(${methods})$`)
    return Object.values(paths).reduce((n, path) => n + Object.keys(path).filter((k) => is.test(k)).length, 0)
  }
  const lines = block(text, 'paths')
  const indent = indentOf(lines)
  if (indent === 0) return 0
  const at = lines.filter((l) => !l.trim().startsWith('#')).find((l) => depth(l) > indent && l.trim() !== '')
  const inner = at === undefined ? indent + 2 : depth(at)
  const method = new RegExp(`^ {${inner}}["']?(${methods})["']?:`)
  return lines.filter((l) => method.test(l)).length
}

function keysWritten(text: string, key: string): number {
  const lines = block(text, key)
  const indent = indentOf(lines)
  return lines.filter((l) => indent > 0 && depth(l) === indent && /^\s*[^#\s-].*:/.test(l)).length
}

function block(text: string, key: string): string[] {
  const lines = text.split(/\r?\n/)
  const start = lines.findIndex((l) => new RegExp(`^["']?${key}["']?:\\s*$`).test(l))
  if (start < 0) return []
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((l) => /^[^\s#]/.test(l))
  return end < 0 ? rest : rest.slice(0, end)
}

function indentOf(lines: string[]): number {
  const first = lines.find((l) => l.trim() !== '' && !l.trim().startsWith('#'))
  return first === undefined ? 0 : depth(first)
}

function depth(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0
}
