/**
 * What every viewer draws: an outline with everything that a definition offers, and one entry of it at a time. The readers
 * make both from the definition's text, in a worker; what they hand over is small however large the definition is.
 */

export type Sort = 'openapi' | 'asyncapi' | 'graphql' | 'proto' | 'trpc' | 'mcp' | 'part'

export type Tone = 'read' | 'make' | 'change' | 'remove' | 'plain'

export interface Outline {
  sort: Sort
  /** "OpenAPI 3.1.0" */
  format: string
  title?: string | undefined
  version?: string | undefined
  /** Markdown. */
  about?: string | undefined
  facts: Fact[]
  /** What else a reader wants before anything is chosen. */
  blocks?: Block[] | undefined
  groups: Group[]
  /** What the first groups list: "operation", "operations". */
  noun: [one: string, many: string]
  /** What a reader should know of how it was read: that it was cut, that it names other files. */
  notes: string[]
}

export interface Group {
  name: string
  about?: string | undefined
  /** Not what it offers but what that is made of: schemas, types, messages. Not counted. */
  minor?: boolean | undefined
  items: Item[]
}

export interface Item {
  /** Stands in the address. */
  id: string
  badge?: string | undefined
  tone?: Tone | undefined
  label: string
  note?: string | undefined
  deprecated?: boolean | undefined
}

export interface Entry {
  id: string
  badge?: string | undefined
  tone?: Tone | undefined
  title: string
  /** The line to know it by: path, signature, address. */
  code?: string | undefined
  deprecated?: boolean | undefined
  /** Why it is deprecated, where somebody says so. */
  instead?: string | undefined
  about?: string | undefined
  blocks: Block[]
  /** What a page needs to make the request, where it is one of HTTP. */
  request?: HttpRequest | undefined
}

/** A request as the definition describes it; what is known beforehand is filled in. */
export interface HttpRequest {
  method: string
  /** Addresses as they are written, variables of theirs filled in. */
  servers: string[]
  path: string
  parameters: RequestParameter[]
  body?: RequestBody | undefined
}

export interface RequestParameter {
  in: 'path' | 'query' | 'header' | 'cookie'
  name: string
  required?: boolean | undefined
  /** How it is written: "string (uuid)", "Bearer …". */
  hint?: string | undefined
  value: string
  /** Says who asks; not shown while it is typed. */
  secret?: boolean | undefined
}

export interface RequestBody {
  media: string
  required: boolean
  text: string
  /** It is one file, as it is. */
  file?: boolean | undefined
  /** It is put together of these: multipart/form-data. */
  parts?: RequestPart[] | undefined
}

export interface RequestPart {
  name: string
  required?: boolean | undefined
  hint?: string | undefined
  value: string
  file?: 'one' | 'many' | undefined
  /** How the part says what it is, where that is not plain text. */
  media?: string | undefined
}

interface InSection {
  /** Blocks of one section stand under one heading. */
  section?: string | undefined
}

export type Block = InSection & (FactsBlock | FieldsBlock | CodeBlockOf | LinksBlock)

export interface FactsBlock {
  kind: 'facts'
  title?: string | undefined
  facts: Fact[]
}

export interface FieldsBlock {
  kind: 'fields'
  title: string
  note?: string | undefined
  about?: string | undefined
  tone?: 'good' | 'bad' | undefined
  fields: Field[]
  /** Key of the fields, where they are asked for when they are wanted. */
  more?: string | undefined
}

export interface CodeBlockOf {
  kind: 'code'
  title: string
  language: Language
  code: string
}

export interface LinksBlock {
  kind: 'links'
  title: string
  links: EntryLink[]
}

export interface EntryLink {
  id: string
  label: string
  note?: string | undefined
}

export interface Fact {
  term: string
  value: string
  /** Written in code. */
  code?: boolean | undefined
  /** What somebody takes along: it has a button that copies it. */
  copy?: boolean | undefined
  /** More of it, in a word or two. */
  note?: string | undefined
  /** Entry that it names. */
  to?: string | undefined
  /** An address of http, https or mailto; anything else was left out. */
  href?: string | undefined
}

export interface Field {
  name: string
  type?: string | undefined
  /** Entry that describes the type. */
  to?: string | undefined
  required?: boolean | undefined
  deprecated?: boolean | undefined
  about?: string | undefined
  notes: string[]
  /** Key of the fields below, where there are any. */
  more?: string | undefined
  /** The fields below, where they came along. */
  fields?: Field[] | undefined
}

export type Language = 'yaml' | 'json' | 'graphql' | 'proto' | 'ts' | 'xml' | 'shell' | 'plain'

/** Why a definition is shown as text alone. */
export interface Fault {
  message: string
  line?: number | undefined
}

/** A definition that was understood. */
export interface Reading {
  outline: Outline
  entry: (id: string) => Entry | undefined
  fields: (key: string) => Field[]
}
