import type { Block, Entry, Field, Group, Item, Outline, Reading } from './model.ts'
import { ParseFault } from './parse.ts'
import { Schemas } from './schema.ts'
import { isObj, obj, own, pointerOf, prose, str, type Obj } from './value.ts'

const listed = (names: string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`

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
  const { found, elsewhere } = scan(text)
  if (found.length === 0)
    throw new ParseFault('there is no procedure in it: no .query(, .mutation( or .subscription( in a router')
  return new Trpc(found, undefined, elsewhere)
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

  constructor(procedures: Procedure[], root: Obj | undefined, elsewhere: string[] = []) {
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
      notes: elsewhere.length > 0 ? [`What is below ${listed(elsewhere)} stands in other files.`] : [],
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

interface Found {
  found: Procedure[]
  /** Members of routers that are routers of other files. */
  elsewhere: string[]
}

/** Finds routers in TypeScript by its brackets: no compiler, and text and comments are passed over. */
function scan(text: string): Found {
  const source = text.slice(0, 4_000_000)
  const shape = blank(source)
  const named = new Map<string, number>()
  const starts: number[] = []
  const router = /\b(?:[\w$]*[rR]outer|CreateRouterInner|(?:TRPC)?DecorateCreateRouterOptions)\b/g
  for (let m = router.exec(shape); m; m = router.exec(shape)) {
    const brace = openerAfter(shape, m.index + m[0].length)
    if (brace === undefined || starts.includes(brace) || starts.length >= 400) continue
    starts.push(brace)
    const name = /(?:const|let|var)\s+([\w$]+)\s*(?::[^=]+)?=\s*(?:[\w$.]+\.)?$/.exec(
      shape.slice(Math.max(0, m.index - 120), m.index),
    )?.[1]
    if (name) named.set(name, brace)
  }
  const made = declarations(shape)
  const out: Procedure[] = []
  const elsewhere: string[] = []
  const used = new Set<number>()
  const procedure = (path: string, at: number, start: number, end: number): boolean => {
    const kind = chained(shape, start, end, 'query|mutation|subscription')[0]?.name as Kind | undefined
    if (!kind) return false
    out.push({
      path,
      kind,
      about: about(source, at),
      input: argument(source, shape, start, end, 'input'),
      output: argument(source, shape, start, end, 'output'),
    })
    return true
  }
  const walk = (brace: number, prefix: string, depth: number) => {
    if (depth > 12 || out.length >= MOST) return
    for (const { key, at, start, end } of members(source, shape, brace)) {
      const path = prefix ? `${prefix}.${key}` : key
      const code = shape.slice(start, end)
      const inner = starts.find((s) => s > start && s < end)
      const declared = /\b(?:TRPC)?(Query|Mutation|Subscription)Procedure\s*</.exec(code)
      const name = code.trim()
      const alias = named.get(name)
      const [from, to] = made.get(name) ?? []
      if (code.startsWith('{')) {
        // Routers may be plain objects within one.
        walk(start, path, depth + 1)
      } else if (procedure(path, at, start, end)) {
        continue
      } else if (declared && (inner === undefined || start + declared.index < inner)) {
        const kind = declared[1]?.toLowerCase() as Kind
        out.push({
          path,
          kind,
          about: about(source, at),
          input: typed(source, shape, start, end, 'input'),
          output: typed(source, shape, start, end, 'output'),
        })
      } else if (alias !== undefined && alias !== brace) {
        used.add(alias)
        walk(alias, path, depth + 1)
      } else if (inner !== undefined) {
        used.add(inner)
        walk(inner, path, depth + 1)
      } else if (from !== undefined && to !== undefined && procedure(path, from, from, to)) {
        continue
      } else if (/^[\w$.]*[rR]outer$|^lazy\s*\(/.test(name)) {
        elsewhere.push(path)
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
  return { found: out, elsewhere: elsewhere.slice(0, 20) }
}

/** Where what a name stands for is written: from the sign of equality to the end of the statement. */
function declarations(shape: string): Map<string, [from: number, to: number]> {
  const out = new Map<string, [number, number]>()
  const declared = /(?:^|[;\s])(?:const|let|var)\s+([\w$]+)\s*=\s*(?=[\w$.]*[pP]rocedure\b)/g
  for (let m = declared.exec(shape); m && out.size < MOST; m = declared.exec(shape)) {
    const from = m.index + m[0].length
    let depth = 0
    let to = from
    for (; to < shape.length; to++) {
      const c = shape[to] ?? ''
      if ('{(['.includes(c)) depth++
      else if ('})]'.includes(c)) depth--
      // A line that does not go on with a call ends it, where nobody wrote a semicolon.
      if (depth < 0 || (depth === 0 && (c === ';' || (c === '\n' && !/^\s*[.?]/.test(shape.slice(to, to + 200))))))
        break
    }
    if (m[1]) out.set(m[1], [from, to])
  }
  return out
}

/** The calls of a chain itself, in their order: not those within what is handed to them. */
function chained(shape: string, start: number, end: number, names: string): { name: string; open: number }[] {
  const out: { name: string; open: number }[] = []
  const call = new RegExp(`\\.\\s*(${names})\\s*(?=\\()`, 'y')
  let depth = 0
  for (let i = start; i < end; i++) {
    const c = shape[i] ?? ''
    if ('{(['.includes(c)) depth++
    else if ('})]'.includes(c)) depth--
    else if (c === '.' && depth === 0) {
      call.lastIndex = i
      const m = call.exec(shape)
      if (m?.[1]) out.push({ name: m[1], open: i + m[0].length })
    }
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

interface Member {
  key: string
  /** Where it begins, and where its value does. */
  at: number
  start: number
  end: number
}

function members(source: string, shape: string, brace: number): Member[] {
  const out: Member[] = []
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
    // A name in quotes is blank in the shape, which has the colon alone.
    const m = /^\s*(?:([\w$]+)\s*)?:\s*/.exec(piece)
    const short = /^\s*([\w$]+)\s*$/.exec(piece)
    const quoted = m && !m[1] ? /(["'])([\w$.-]+)\1\s*:\s*$/.exec(source.slice(at, at + m[0].length)) : null
    const key = m?.[1] ?? quoted?.[2]
    if (m && key) {
      const begins = quoted ? at + quoted.index : at + m[0].length - m[0].trimStart().length
      out.push({ key, at: begins, start: at + m[0].length, end })
    } else if (short?.[1]) {
      const begins = at + piece.indexOf(short[1])
      out.push({ key: short[1], at: begins, start: begins, end })
    }
    at = end + 1
  }
  return out
}

/** What is handed to the calls of a name in the chain; a procedure may be given its input in pieces. */
function argument(source: string, shape: string, start: number, end: number, name: string): Procedure['input'] {
  const said = chained(shape, start, end, name).map(({ open }) => dedent(source.slice(open + 1, closer(shape, open))))
  return said.length > 0 ? { code: said.join('\n\n') } : undefined
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

/** The comment right above a member or a declaration: of the lines before it, those that are a comment. */
function about(source: string, at: number): string | undefined {
  const line = source.lastIndexOf('\n', at)
  const before = source.slice(Math.max(0, line - 2_000), Math.max(0, line)).trimEnd()
  const block = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/$/.exec(before)?.[1]
  if (block) return prose(block.replace(/^\s*\* ?/gm, ''))
  const said: string[] = []
  for (const one of before.split('\n').reverse()) {
    const comment = /^\s*\/\/+ ?(.*)$/.exec(one)?.[1]
    if (comment === undefined) break
    said.unshift(comment)
  }
  return said.length > 0 ? prose(said.join('\n')) : undefined
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
