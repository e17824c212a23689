import type { Block, Entry, Field, Group, Item, Outline, Reading } from './model.ts'
import { ParseFault } from './parse.ts'
import { Schemas } from './schema.ts'
import { isObj, obj, own, pointerOf, prose, str, type Obj } from './value.ts'

type Kind = 'query' | 'mutation' | 'subscription'

interface Procedure {
  path: string
  kind: Kind
  about?: string | undefined
  /** As TypeScript, or where a JSON Schema stands. */
  input?: { code?: string | undefined; pointer?: string | undefined } | undefined
  output?: { code?: string | undefined; pointer?: string | undefined } | undefined
}

/** Reads the text of a router, or the declaration that a compiler makes of one. Throws ParseFault. */
export function readTrpc(text: string): Reading {
  const found = scan(text)
  if (found.length === 0)
    throw new ParseFault('there is no procedure in it: no .query(, .mutation( or .subscription( in a router')
  return new Trpc(found, undefined)
}

/** Reads procedures written as JSON: nested, or by their dotted paths. Undefined where there are none. */
export function readTrpcJson(root: Obj): Reading | undefined {
  const found: Procedure[] = []
  collect(root, '', '', found, 0)
  return found.length > 0 ? new Trpc(found, root) : undefined
}

class Trpc implements Reading {
  readonly outline: Outline
  private readonly schemas: Schemas
  private readonly byId: Map<string, Procedure>

  constructor(procedures: Procedure[], root: Obj | undefined) {
    this.schemas = new Schemas(root)
    this.byId = new Map(procedures.map((p) => [`${p.kind} ${p.path}`, p]))
    const groups = new Map<string, Group>()
    for (const procedure of this.byId.values()) {
      const name = procedure.path.includes('.')
        ? procedure.path.slice(0, procedure.path.lastIndexOf('.'))
        : 'Procedures'
      const group = groups.get(name) ?? { name, items: [] }
      groups.set(name, group)
      group.items.push(itemOf(procedure))
    }
    this.outline = {
      sort: 'trpc',
      format: 'tRPC',
      facts: [],
      groups: [...groups.values()],
      noun: ['procedure', 'procedures'],
      notes: [],
    }
  }

  entry(id: string): Entry | undefined {
    const procedure = this.byId.get(id)
    if (!procedure) return undefined
    const item = itemOf(procedure)
    const side = (title: string, of: Procedure['input']): Block[] => {
      if (of?.pointer !== undefined)
        return [
          { kind: 'fields', title, note: this.schemas.type(of.pointer), fields: this.schemas.children(of.pointer, 2) },
        ]
      return of?.code ? [{ kind: 'code', title, language: 'ts', code: of.code }] : []
    }
    const blocks = [...side('Input', procedure.input), ...side('Output', procedure.output)]
    if (blocks.length === 0) blocks.push({ kind: 'facts', facts: [{ term: 'Input', value: 'none is named' }] })
    return {
      id,
      badge: item.badge,
      tone: item.tone,
      title: procedure.path,
      code: `${procedure.kind} ${procedure.path}`,
      about: procedure.about,
      blocks,
    }
  }

  fields(key: string): Field[] {
    return this.schemas.children(key, 1)
  }
}

function itemOf(procedure: Procedure): Item {
  return {
    id: `${procedure.kind} ${procedure.path}`,
    badge: procedure.kind === 'subscription' ? 'SUB' : procedure.kind.toUpperCase(),
    tone: procedure.kind === 'mutation' ? 'make' : 'read',
    label: procedure.path,
    note: procedure.about?.split('\n', 1)[0],
  }
}

function kindOf(value: unknown): Kind | undefined {
  const said = (str(own(value, 'procedureType')) ?? str(own(value, 'type')) ?? str(own(value, 'kind')))?.toLowerCase()
  return said === 'query' || said === 'mutation' || said === 'subscription' ? said : undefined
}

const MOST = 5_000

function collect(value: unknown, pointer: string, path: string, out: Procedure[], depth: number): void {
  if (!isObj(value) || depth > 24 || out.length >= MOST) return
  const kind = kindOf(value)
  if (kind && path) {
    const part = (...names: string[]) => {
      const name = names.find((n) => isObj(own(value, n)))
      return name === undefined ? undefined : { pointer: pointer + pointerOf(name) }
    }
    out.push({
      path,
      kind,
      about: prose(own(value, 'description')) ?? prose(own(own(value, 'extraData'), 'parameterDescriptions')),
      input: part('inputSchema', 'input'),
      output: part('outputSchema', 'output'),
    })
    return
  }
  for (const [key, inner] of Object.entries(obj(value))) {
    // What only wraps a router adds nothing to the path.
    const wraps = ['children', 'router', 'procedures', '_def', 'record', 'routers'].includes(key)
    collect(inner, pointer + pointerOf(key), wraps ? path : path ? `${path}.${key}` : key, out, depth + 1)
  }
}

/** Finds routers in TypeScript by its brackets: no compiler, and text and comments are passed over. */
function scan(text: string): Procedure[] {
  const source = text.slice(0, 4_000_000)
  const shape = blank(source)
  const named = new Map<string, number>()
  const starts: number[] = []
  const router = /\b(?:[\w$]*[rR]outer|mergeRouters|BuildRouter|BuiltRouter)\b/g
  for (let m = router.exec(shape); m; m = router.exec(shape)) {
    const brace = openerAfter(shape, m.index + m[0].length)
    if (brace === undefined || starts.includes(brace) || starts.length >= 400) continue
    starts.push(brace)
    const name = /(?:const|let|var)\s+([\w$]+)\s*(?::[^=]+)?=\s*(?:[\w$.]+\.)?$/.exec(
      shape.slice(Math.max(0, m.index - 120), m.index),
    )?.[1]
    if (name) named.set(name, brace)
  }
  const out: Procedure[] = []
  const used = new Set<number>()
  const walk = (brace: number, prefix: string, depth: number) => {
    if (depth > 12 || out.length >= MOST) return
    for (const { key, start, end } of members(shape, brace)) {
      const path = prefix ? `${prefix}.${key}` : key
      const code = shape.slice(start, end)
      const inner = starts.find((s) => s > start && s < end)
      const call = /\.\s*(query|mutation|subscription)\s*\(/.exec(code)
      const declared = /\b(?:TRPC)?(Query|Mutation|Subscription)Procedure\s*</.exec(code)
      const alias = named.get(code.trim())
      if (call && (inner === undefined || start + call.index < inner)) {
        out.push({
          path,
          kind: call[1] as Kind,
          about: about(source, shape, start),
          input: argument(source, shape, start, end, 'input'),
          output: argument(source, shape, start, end, 'output'),
        })
      } else if (declared) {
        const kind = declared[1]?.toLowerCase() as Kind
        out.push({
          path,
          kind,
          about: about(source, shape, start),
          input: typed(source, shape, start, end, 'input'),
          output: typed(source, shape, start, end, 'output'),
        })
      } else if (alias !== undefined && alias !== brace) {
        used.add(alias)
        walk(alias, path, depth + 1)
      } else if (inner !== undefined) {
        used.add(inner)
        walk(inner, path, depth + 1)
      }
    }
  }
  // Routers that others take in are walked from there; from the last on, because the outer one is written after its parts.
  const inside = (s: number) => starts.some((o) => o < s && closer(shape, o) > s)
  for (const start of [...starts].reverse()) {
    if (used.has(start) || inside(start)) continue
    used.add(start)
    walk(start, '', 0)
  }
  return out
}

/** The text with everything in quotes and comments made blank, so that brackets count. Same length. */
function blank(text: string): string {
  return text.replace(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`/g,
    (m) => m.replace(/[^\n]/g, ' '),
  )
}

/** The brace of the object that follows: `({`, `<..., {`. */
function openerAfter(shape: string, from: number): number | undefined {
  const m = /^\s*(?:\(\s*\{|<)/.exec(shape.slice(from, from + 200))
  if (!m) return undefined
  if (m[0].endsWith('{')) return from + m[0].length - 1
  // In a declaration the record is the last argument of the type.
  let depth = 0
  let last: number | undefined
  for (let i = from; i < shape.length; i++) {
    const c = shape[i]
    if (c === '{' || c === '<' || c === '(' || c === '[') {
      if (c === '{' && depth === 1) last = i
      depth++
    } else if (c === '}' || c === ')' || c === ']' || (c === '>' && shape[i - 1] !== '=')) {
      depth--
      if (depth === 0) return last
    }
  }
  return undefined
}

function closer(shape: string, open: number): number {
  let depth = 0
  for (let i = open; i < shape.length; i++) {
    const c = shape[i]
    if (c === '{' || c === '(' || c === '[') depth++
    else if (c === '}' || c === ')' || c === ']') {
      depth--
      if (depth === 0) return i
    }
  }
  return shape.length
}

function members(shape: string, brace: number): { key: string; start: number; end: number }[] {
  const out: { key: string; start: number; end: number }[] = []
  const stop = closer(shape, brace)
  let at = brace + 1
  while (at < stop && out.length < MOST) {
    let depth = 0
    let end = at
    for (; end < stop; end++) {
      const c = shape[end]
      if (c === '{' || c === '(' || c === '[') depth++
      else if (c === '}' || c === ')' || c === ']') depth--
      else if ((c === ',' || c === ';') && depth === 0) break
    }
    const piece = shape.slice(at, end)
    const m = /^\s*([\w$]+)\s*:\s*/.exec(piece)
    const short = /^\s*([\w$]+)\s*$/.exec(piece)
    if (m?.[1]) out.push({ key: m[1], start: at + m[0].length, end })
    else if (short?.[1]) out.push({ key: short[1], start: at + piece.indexOf(short[1]), end })
    at = end + 1
  }
  return out
}

function argument(source: string, shape: string, start: number, end: number, name: string): Procedure['input'] {
  const m = new RegExp(`\\.\\s*${name}\\s*\\(`).exec(shape.slice(start, end))
  if (!m) return undefined
  const open = start + m.index + m[0].length - 1
  return { code: dedent(source.slice(open + 1, closer(shape, open))) }
}

function typed(source: string, shape: string, start: number, end: number, name: string): Procedure['input'] {
  const m = new RegExp(`\\b${name}\\s*:\\s*`).exec(shape.slice(start, end))
  if (!m) return undefined
  const from = start + m.index + m[0].length
  let depth = 0
  let to = from
  for (; to < end; to++) {
    const c = shape[to]
    if (c === '{' || c === '(' || c === '[' || c === '<') depth++
    else if (c === '}' || c === ')' || c === ']' || c === '>') depth--
    if (depth < 0 || (depth === 0 && (c === ';' || c === ','))) break
  }
  return { code: dedent(source.slice(from, to)) }
}

/** The comment right above a member. */
function about(source: string, shape: string, start: number): string | undefined {
  const line = shape.lastIndexOf('\n', start)
  const before = source.slice(Math.max(0, line - 2_000), Math.max(0, line)).trimEnd()
  const block = /\/\*\*([\s\S]*?)\*\/$/.exec(before)?.[1]
  if (block) return prose(block.replace(/^\s*\* ?/gm, ''))
  const lines = /(?:^[ \t]*\/\/[^\n]*\n?)+$/m.exec(before)?.[0]
  return lines && prose(lines.replace(/^\s*\/\/ ?/gm, ''))
}

function dedent(code: string): string {
  const lines = code.trim().split('\n')
  const pads = lines
    .slice(1)
    .filter((l) => l.trim())
    .map((l) => /^\s*/.exec(l)?.[0].length ?? 0)
  const pad = pads.length > 0 ? Math.min(...pads) : 0
  return [lines[0] ?? '', ...lines.slice(1).map((l) => l.slice(pad))].join('\n').slice(0, 20_000)
}

/** Whether a text is likely to be a router. */
export function looksLikeTrpc(text: string): boolean {
  return (
    /\b[rR]outer\b/.test(text) &&
    /\.(query|mutation|subscription)\s*\(|(Query|Mutation|Subscription)Procedure/.test(text)
  )
}
