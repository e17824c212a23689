import { ParseFault } from './parse.ts'

export interface FieldIr {
  name: string
  type: string
  /** The type's name without `map` and `repeated`, where it is no scalar. */
  base: string
  label: '' | 'optional' | 'required' | 'repeated'
  number?: string | undefined
  oneof?: string | undefined
  about?: string | undefined
  deprecated?: boolean | undefined
  options: string[]
}

export interface MessageIr {
  kind: 'message' | 'enum' | 'extend'
  full: string
  about?: string | undefined
  deprecated?: boolean | undefined
  fields: FieldIr[]
  notes: string[]
}

export interface RpcIr {
  name: string
  input: string
  output: string
  clientStreams: boolean
  serverStreams: boolean
  about?: string | undefined
  deprecated?: boolean | undefined
  options: string[]
}

export interface ServiceIr {
  name: string
  full: string
  about?: string | undefined
  rpcs: RpcIr[]
}

export interface ProtoFile {
  syntax: string
  package: string
  about?: string | undefined
  imports: string[]
  services: ServiceIr[]
  types: MessageIr[]
}

interface Token {
  text: string
  line: number
  /** Comment right before it. */
  above?: string | undefined
  /** Comment after it on its line. */
  beside?: string | undefined
}

/** Parses protocol buffer files that stand one after the other. Throws ParseFault with the line. */
export function parseProto(text: string): ProtoFile[] {
  return new Parser(tokens(text)).files()
}

const token = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|[\w.]+|[^\s\w]/gy

function tokens(text: string): Token[] {
  const out: Token[] = []
  let line = 1
  let comment: string[] = []
  let commentEnd = 0
  token.lastIndex = 0
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [piece] = match
    const start = line
    line += count(piece)
    const first = piece[0] ?? ''
    if (/\s/.test(first)) {
      // An empty line parts a comment from what follows.
      if (count(piece) > 1) comment = []
      continue
    }
    if (piece.startsWith('//') || piece.startsWith('/*')) {
      const said = commentText(piece)
      const before = out.at(-1)
      if (before?.line === start && comment.length === 0) before.beside ??= said
      else {
        if (comment.length > 0 && start > commentEnd + 1) comment = []
        comment.push(said)
        commentEnd = line
      }
      continue
    }
    out.push({ text: piece, line: start, above: comment.length > 0 ? comment.join('\n').trim() : undefined })
    comment = []
  }
  return out
}

function count(text: string): number {
  let n = 0
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) n++
  return n
}

function commentText(raw: string): string {
  if (raw.startsWith('//')) return raw.slice(2).replace(/^\/*/, '').replace(/^ /, '').trimEnd()
  return raw
    .slice(2, -2)
    .split('\n')
    .map((l) => l.replace(/^\s*\*? ?/, '').trimEnd())
    .join('\n')
    .trim()
}

const DEEPEST = 60

class Parser {
  private at = 0

  constructor(private readonly all: Token[]) {}

  files(): ProtoFile[] {
    const out: ProtoFile[] = []
    let file: ProtoFile | undefined
    while (this.at < this.all.length) {
      const word = this.peek()
      const starts = (word === 'syntax' || word === 'edition') && this.all[this.at + 1]?.text === '='
      if (!file || starts) {
        file = { syntax: 'proto2', package: '', imports: [], services: [], types: [] }
        out.push(file)
      }
      this.statement(file, starts)
    }
    if (out.length === 0) throw new ParseFault('there is nothing in it')
    return out
  }

  private statement(file: ProtoFile, starts: boolean): void {
    const about = this.all[this.at]?.above
    const word = this.next()
    if (starts) {
      this.want('=')
      const value = unquote(this.next())
      file.syntax = word === 'edition' ? `edition ${value}` : value
      file.about = about
      this.want(';')
      return
    }
    switch (word) {
      case ';':
        return
      case 'package':
        file.package = this.next()
        this.want(';')
        return
      case 'import': {
        let name = this.next()
        if (!/^["']/.test(name)) name = this.next()
        file.imports.push(unquote(name))
        this.want(';')
        return
      }
      case 'option':
        this.option()
        return
      case 'message':
      case 'enum':
      case 'extend':
        this.type(file, word, file.package, about, 0)
        return
      case 'service':
        this.service(file, about)
        return
      default:
        // Symbol visibility of editions.
        if (['export', 'local'].includes(word) && ['message', 'enum'].includes(this.peek())) {
          this.type(file, this.next() as 'message' | 'enum', file.package, about, 0)
          return
        }
        this.fail(`“${word.slice(0, 40)}” is not how a statement begins`)
    }
  }

  private type(
    file: ProtoFile,
    kind: MessageIr['kind'],
    scope: string,
    about: string | undefined,
    depth: number,
  ): void {
    if (depth > DEEPEST) this.fail('it is nested too deeply')
    const name = this.next()
    const type: MessageIr = {
      kind,
      full: scope && kind !== 'extend' ? `${scope}.${name}` : name,
      about,
      fields: [],
      notes: [],
    }
    file.types.push(type)
    this.want('{', type)
    while (!this.take('}')) this.member(file, type, depth)
  }

  private member(file: ProtoFile, type: MessageIr, depth: number, oneof?: string): void {
    const about = this.all[this.at]?.above
    const word = this.next()
    if (word === ';') return
    const after = this.peek()
    if (word === 'option' && after !== '=') {
      const text = this.option()
      if (/^deprecated = true/.test(text)) type.deprecated = true
      return
    }
    if (type.kind === 'enum') {
      if (word === 'reserved') type.notes.push(`reserved ${this.until(';').text}`)
      else this.enumValue(type, word, about)
      return
    }
    if (['message', 'enum', 'extend'].includes(word) && this.all[this.at + 1]?.text === '{') {
      this.type(file, word as MessageIr['kind'], type.full, about, depth + 1)
      return
    }
    if (
      ['export', 'local'].includes(word) &&
      ['message', 'enum'].includes(after) &&
      this.all[this.at + 2]?.text === '{'
    ) {
      this.type(file, this.next() as 'message' | 'enum', type.full, about, depth + 1)
      return
    }
    if (word === 'oneof' && this.all[this.at + 1]?.text === '{') {
      const name = this.next()
      this.want('{')
      while (!this.take('}')) this.member(file, type, depth, name)
      return
    }
    if ((word === 'reserved' || word === 'extensions') && this.all[this.at + 1]?.text !== '=') {
      type.notes.push(`${word} ${this.until(';').text}`)
      return
    }
    this.field(file, type, word, about, depth, oneof)
  }

  private field(
    file: ProtoFile,
    type: MessageIr,
    word: string,
    about: string | undefined,
    depth: number,
    oneof?: string,
  ): void {
    let label: FieldIr['label'] = ''
    if (['optional', 'required', 'repeated'].includes(word) && this.all[this.at + 1]?.text !== '=') {
      label = word as FieldIr['label']
      word = this.next()
    }
    let words = word
    let base = word
    if (word === 'map' && this.take('<')) {
      const key = this.next()
      this.want(',')
      base = this.next()
      this.want('>')
      words = `map of ${key} to ${base}`
    } else if (word === '.') {
      base = words = `.${this.next()}`
    }
    const name = this.next()
    this.want('=')
    const number = this.next()
    const options = this.take('[') ? this.until(']').list : []
    const field: FieldIr = {
      name,
      type: label === 'repeated' ? `repeated ${words}` : words,
      base: scalars.has(base) ? '' : base,
      label,
      number,
      oneof,
      about,
      deprecated: options.some((o) => /^deprecated = true/.test(o)) || undefined,
      options: options
        .filter((o) => !o.startsWith('deprecated'))
        .slice(0, 12)
        .map((o) => (o.length > 160 ? `${o.slice(0, 159)}…` : o)),
    }
    type.fields.push(field)
    if (word === 'group' && this.peek() === '{') {
      const group: MessageIr = { kind: 'message', full: `${type.full}.${name}`, about, fields: [], notes: [] }
      file.types.push(group)
      field.base = name
      this.want('{')
      while (!this.take('}')) this.member(file, group, depth + 1)
      return
    }
    this.end(field)
  }

  private enumValue(type: MessageIr, name: string, about: string | undefined): void {
    this.want('=')
    const number = this.take('-') ? `-${this.next()}` : this.next()
    const options = this.take('[') ? this.until(']').list : []
    const value: FieldIr = {
      name,
      type: '',
      base: '',
      label: '',
      number,
      about,
      deprecated: options.some((o) => /^deprecated = true/.test(o)) || undefined,
      options: options.filter((o) => !o.startsWith('deprecated')).slice(0, 12),
    }
    type.fields.push(value)
    this.end(value)
  }

  private service(file: ProtoFile, about: string | undefined): void {
    const name = this.next()
    const service: ServiceIr = { name, full: file.package ? `${file.package}.${name}` : name, about, rpcs: [] }
    file.services.push(service)
    this.want('{')
    while (!this.take('}')) {
      const above = this.all[this.at]?.above
      const word = this.next()
      if (word === 'option') this.option()
      else if (word === 'rpc') service.rpcs.push(this.rpc(above))
      else if (word === 'stream') this.until(';')
      else if (word !== ';') this.fail(`“${word.slice(0, 40)}” is nothing that a service has`)
    }
  }

  private rpc(about: string | undefined): RpcIr {
    const name = this.next()
    const [input, clientStreams] = this.side()
    if (this.next() !== 'returns') this.fail(`the call ${name} does not say what it returns`)
    const [output, serverStreams] = this.side()
    const rpc: RpcIr = { name, input, output, clientStreams, serverStreams, about, options: [] }
    if (this.take(';')) return rpc
    this.want('{')
    while (!this.take('}')) {
      if (this.take(';')) continue
      if (this.next() !== 'option') this.fail('only options stand in a call')
      const option = this.option()
      if (/^deprecated = true/.test(option)) rpc.deprecated = true
      else rpc.options.push(`option ${option};`)
    }
    this.take(';')
    return rpc
  }

  private side(): [type: string, stream: boolean] {
    this.want('(')
    let stream = false
    let type = this.next()
    if (type === 'stream' && this.peek() !== ')') {
      stream = true
      type = this.next()
    }
    if (type === '.') type = `.${this.next()}`
    this.want(')')
    return [type, stream]
  }

  private option(): string {
    return this.until(';').text
  }

  /** Everything up to a sign, past brackets within; as one text, and cut at its commas. */
  private until(stop: string): { text: string; list: string[] } {
    const items: string[] = ['']
    let depth = 0
    for (;;) {
      const word = this.next()
      if (depth === 0 && word === stop) break
      if ('{[(<'.includes(word)) depth++
      if ('}])>'.includes(word)) depth--
      if (depth === 0 && word === ',') items.push('')
      else items[items.length - 1] = join(items.at(-1) ?? '', word)
    }
    return { text: items.join(', '), list: items }
  }

  private end(field: { about?: string | undefined }): void {
    this.want(';', field)
  }

  private peek(): string {
    return this.all[this.at]?.text ?? ''
  }

  private next(): string {
    const here = this.all[this.at++]
    if (!here) throw new ParseFault('it ends too early', this.all.at(-1)?.line)
    return here.text
  }

  private take(text: string): boolean {
    if (this.at >= this.all.length) throw new ParseFault('it ends too early', this.all.at(-1)?.line)
    if (this.peek() !== text) return false
    this.at++
    return true
  }

  /** The sign that must come. A comment beside it tells of what it ends, where none stands above that. */
  private want(text: string, of?: { about?: string | undefined }): void {
    const here = this.all[this.at]
    if (here?.text !== text)
      this.fail(here ? `“${text}” is missing before “${here.text.slice(0, 40)}”` : 'it ends too early', 0)
    this.at++
    if (of) of.about ??= here?.beside
  }

  private fail(message: string, back = 1): never {
    throw new ParseFault(message, this.all[Math.min(this.at - back, this.all.length - 1)]?.line)
  }
}

function join(before: string, word: string): string {
  const tight = before === '' || /[([{.]$/.test(before) || /^[)\]}.,;:]$/.test(word) || before.endsWith('-')
  return tight ? before + word : `${before} ${word}`
}

function unquote(text: string): string {
  return text.replace(/^["']|["']$/g, '')
}

const scalars = new Set(
  'double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes'.split(' '),
)
