import { GraphQLError } from 'graphql/error'
import {
  parse,
  type ConstDirectiveNode,
  type DocumentNode,
  type InputValueDefinitionNode,
  type TypeNode,
  type ValueNode,
} from 'graphql/language'
import type { Block, Entry, Field, Group, Item, Outline, Reading } from './model.ts'
import { ParseFault } from './parse.ts'
import { entries, firstLine, inlineJson, list, obj, own, prose, str, type Obj } from './value.ts'

interface FieldIr {
  name: string
  type: string
  about?: string | undefined
  deprecated?: string | undefined
  value?: string | undefined
  args: FieldIr[]
}

type Kind = 'object' | 'interface' | 'input' | 'enum' | 'union' | 'scalar' | 'directive'

interface TypeIr {
  kind: Kind
  name: string
  about?: string | undefined
  fields: FieldIr[]
  /** Interfaces of an object, members of a union, places of a directive. */
  of: string[]
  directives: string[]
}

interface SchemaIr {
  types: Map<string, TypeIr>
  roots: Record<'query' | 'mutation' | 'subscription', string | undefined>
}

/** Reads a schema in GraphQL's own language. Throws ParseFault. */
export function readGraphQl(text: string): Reading {
  let document: DocumentNode
  try {
    document = parse(text, { noLocation: true })
  } catch (fault) {
    if (fault instanceof GraphQLError)
      throw new ParseFault(fault.message.replace(/^Syntax Error: /, ''), fault.locations?.[0]?.line)
    if (fault instanceof RangeError) throw new ParseFault('it is nested too deeply')
    throw fault
  }
  return new GraphQl(irOfDocument(document))
}

/** Reads what a server answers to the introspection query. */
export function readIntrospection(schema: Obj): Reading {
  return new GraphQl(irOfIntrospection(schema))
}

function irOfDocument(document: DocumentNode): SchemaIr {
  const types = new Map<string, TypeIr>()
  const roots: SchemaIr['roots'] = { query: undefined, mutation: undefined, subscription: undefined }
  const typeOf = (kind: Kind, name: string): TypeIr => {
    const key = kind === 'directive' ? `@${name}` : name
    const had = types.get(key)
    if (had) return had
    const made: TypeIr = { kind, name: key, fields: [], of: [], directives: [] }
    types.set(key, made)
    return made
  }
  for (const node of document.definitions) {
    const about = 'description' in node ? prose(node.description?.value) : undefined
    switch (node.kind) {
      case 'SchemaDefinition':
      case 'SchemaExtension':
        for (const { operation, type } of node.operationTypes ?? []) roots[operation] = type.name.value
        break
      case 'ObjectTypeDefinition':
      case 'ObjectTypeExtension':
      case 'InterfaceTypeDefinition':
      case 'InterfaceTypeExtension': {
        const type = typeOf(node.kind.startsWith('Object') ? 'object' : 'interface', node.name.value)
        type.about ??= about
        type.of.push(...(node.interfaces ?? []).map((i) => i.name.value))
        type.directives.push(...directivesOf(node.directives))
        for (const field of node.fields ?? [])
          type.fields.push({
            name: field.name.value,
            type: typeText(field.type),
            about: prose(field.description?.value),
            deprecated: deprecation(field.directives),
            args: (field.arguments ?? []).map(inputOf),
          })
        break
      }
      case 'InputObjectTypeDefinition':
      case 'InputObjectTypeExtension': {
        const type = typeOf('input', node.name.value)
        type.about ??= about
        type.fields.push(...(node.fields ?? []).map(inputOf))
        break
      }
      case 'EnumTypeDefinition':
      case 'EnumTypeExtension': {
        const type = typeOf('enum', node.name.value)
        type.about ??= about
        for (const value of node.values ?? [])
          type.fields.push({
            name: value.name.value,
            type: '',
            about: prose(value.description?.value),
            deprecated: deprecation(value.directives),
            args: [],
          })
        break
      }
      case 'UnionTypeDefinition':
      case 'UnionTypeExtension': {
        const type = typeOf('union', node.name.value)
        type.about ??= about
        type.of.push(...(node.types ?? []).map((t) => t.name.value))
        break
      }
      case 'ScalarTypeDefinition':
      case 'ScalarTypeExtension': {
        const type = typeOf('scalar', node.name.value)
        type.about ??= about
        type.directives.push(...directivesOf(node.directives))
        break
      }
      case 'DirectiveDefinition': {
        const type = typeOf('directive', node.name.value)
        type.about ??= about
        type.of = node.locations.map((l) => l.value)
        type.fields = (node.arguments ?? []).map(inputOf)
        break
      }
      default:
        break
    }
  }
  for (const [operation, name] of [
    ['query', 'Query'],
    ['mutation', 'Mutation'],
    ['subscription', 'Subscription'],
  ] as const)
    if (types.get(name)?.kind === 'object') roots[operation] ??= name
  return { types, roots }
}

function inputOf(node: InputValueDefinitionNode): FieldIr {
  return {
    name: node.name.value,
    type: typeText(node.type),
    about: prose(node.description?.value),
    deprecated: deprecation(node.directives),
    value: node.defaultValue && valueText(node.defaultValue),
    args: [],
  }
}

function typeText(node: TypeNode): string {
  if (node.kind === 'NonNullType') return `${typeText(node.type)}!`
  return node.kind === 'ListType' ? `[${typeText(node.type)}]` : node.name.value
}

function valueText(node: ValueNode, depth = 0): string {
  if (depth > 8) return '…'
  switch (node.kind) {
    case 'StringValue':
      return JSON.stringify(node.value)
    case 'ListValue':
      return `[${node.values.map((v) => valueText(v, depth + 1)).join(', ')}]`
    case 'ObjectValue':
      return `{${node.fields.map((f) => `${f.name.value}: ${valueText(f.value, depth + 1)}`).join(', ')}}`
    case 'NullValue':
      return 'null'
    case 'Variable':
      return `$${node.name.value}`
    default:
      return String(node.value)
  }
}

function deprecation(directives: readonly ConstDirectiveNode[] | undefined): string | undefined {
  const node = directives?.find((d) => d.name.value === 'deprecated')
  if (!node) return undefined
  const reason = node.arguments?.find((a) => a.name.value === 'reason')?.value
  return reason?.kind === 'StringValue' ? reason.value : 'No longer supported'
}

function directivesOf(directives: readonly ConstDirectiveNode[] | undefined): string[] {
  return (directives ?? [])
    .filter((d) => d.name.value !== 'deprecated')
    .map((d) => {
      const args = (d.arguments ?? []).map((a) => `${a.name.value}: ${valueText(a.value)}`).join(', ')
      return args ? `@${d.name.value}(${args})` : `@${d.name.value}`
    })
}

const introspected: Record<string, Kind> = {
  OBJECT: 'object',
  INTERFACE: 'interface',
  INPUT_OBJECT: 'input',
  ENUM: 'enum',
  UNION: 'union',
  SCALAR: 'scalar',
}

function irOfIntrospection(schema: Obj): SchemaIr {
  const types = new Map<string, TypeIr>()
  const fieldOf = (value: unknown): FieldIr => ({
    name: str(own(value, 'name'), 200) ?? '?',
    type: introspectedType(own(value, 'type'), 0),
    about: prose(own(value, 'description')),
    deprecated:
      own(value, 'isDeprecated') === true ? (str(own(value, 'deprecationReason')) ?? 'No longer supported') : undefined,
    value: str(own(value, 'defaultValue'), 120),
    args: list(own(value, 'args')).map(fieldOf),
  })
  for (const value of list(schema['types'])) {
    const kind = introspected[str(own(value, 'kind')) ?? '']
    const name = str(own(value, 'name'), 200)
    if (!kind || !name || name.startsWith('__') || builtIn.has(name)) continue
    const fields = [
      ...list(own(value, 'fields')),
      ...list(own(value, 'inputFields')),
      ...list(own(value, 'enumValues')),
    ]
    types.set(name, {
      kind,
      name,
      about: prose(own(value, 'description')),
      fields: fields.map(fieldOf),
      of: [...list(own(value, 'interfaces')), ...list(kind === 'union' ? own(value, 'possibleTypes') : [])].map(
        (t) => str(own(t, 'name'), 200) ?? '?',
      ),
      directives: [],
    })
  }
  for (const value of list(schema['directives'])) {
    const name = `@${str(own(value, 'name'), 200) ?? '?'}`
    const of = list(own(value, 'locations')).map((l) => str(l, 60) ?? '')
    types.set(name, {
      kind: 'directive',
      name,
      about: prose(own(value, 'description')),
      fields: list(own(value, 'args')).map(fieldOf),
      of,
      directives: [],
    })
  }
  const root = (key: string) => str(own(schema[key], 'name'), 200)
  return {
    types,
    roots: { query: root('queryType'), mutation: root('mutationType'), subscription: root('subscriptionType') },
  }
}

function introspectedType(value: unknown, depth: number): string {
  if (depth > 12) return '…'
  const kind = str(own(value, 'kind'))
  if (kind === 'NON_NULL') return `${introspectedType(own(value, 'ofType'), depth + 1)}!`
  if (kind === 'LIST') return `[${introspectedType(own(value, 'ofType'), depth + 1)}]`
  return str(own(value, 'name'), 200) ?? ''
}

const builtIn = new Set(['String', 'Int', 'Float', 'Boolean', 'ID'])

const groupsOf: [Kind, string][] = [
  ['object', 'Types'],
  ['interface', 'Interfaces'],
  ['union', 'Unions'],
  ['input', 'Inputs'],
  ['enum', 'Enums'],
  ['scalar', 'Scalars'],
  ['directive', 'Directives'],
]

const rootWords = { query: 'Queries', mutation: 'Mutations', subscription: 'Subscriptions' } as const
type Root = keyof typeof rootWords

class GraphQl implements Reading {
  readonly outline: Outline

  constructor(private readonly ir: SchemaIr) {
    const rootTypes = new Set(Object.values(ir.roots))
    const operations = (Object.keys(rootWords) as Root[]).map((root): Group => {
      const type = this.rootType(root)
      return { name: rootWords[root], items: type?.fields.map((f) => this.itemOf(root, f)) ?? [] }
    })
    const kinds = groupsOf.map(([kind, name]): Group => {
      const all = [...ir.types.values()].filter((t) => t.kind === kind && !rootTypes.has(t.name))
      return {
        name,
        minor: true,
        items: all.map((t) => ({ id: `type ${t.name}`, label: t.name, note: firstLine(t.about) })),
      }
    })
    const some = operations.some((g) => g.items.length > 0)
    this.outline = {
      sort: 'graphql',
      format: 'GraphQL',
      facts: [],
      groups: [...operations, ...kinds.map((g) => ({ ...g, minor: some || undefined }))].filter(
        (g) => g.items.length > 0,
      ),
      noun: some ? ['operation', 'operations'] : ['type', 'types'],
      notes: [],
    }
  }

  private rootType(root: Root): TypeIr | undefined {
    const name = this.ir.roots[root]
    return name === undefined ? undefined : this.ir.types.get(name)
  }

  private itemOf(root: Root, field: FieldIr): Item {
    return {
      id: `${root} ${field.name}`,
      badge: root === 'subscription' ? 'SUB' : root.toUpperCase(),
      tone: root === 'mutation' ? 'make' : 'read',
      label: field.name,
      note: firstLine(field.about),
      deprecated: field.deprecated !== undefined || undefined,
    }
  }

  entry(id: string): Entry | undefined {
    const [kind = '', ...rest] = id.split(' ')
    const name = rest.join(' ')
    if (kind === 'type') {
      const type = this.ir.types.get(name)
      return type && this.typeEntry(id, type)
    }
    if (!Object.hasOwn(rootWords, kind)) return undefined
    const field = this.rootType(kind as Root)?.fields.find((f) => f.name === name)
    return field && this.operationEntry(kind as Root, field)
  }

  fields(key: string): Field[] {
    const type = this.ir.types.get(key)
    if (!type) return []
    const members =
      type.kind === 'union'
        ? type.of.map((name): Field => ({ name, to: this.link(name), notes: [], more: this.more(name) }))
        : []
    return [...members, ...type.fields.map((f) => this.fieldOf(f, type.kind === 'input' || type.kind === 'directive'))]
  }

  private operationEntry(root: Root, field: FieldIr): Entry {
    const item = this.itemOf(root, field)
    const blocks: Block[] = []
    if (field.args.length > 0)
      blocks.push({ kind: 'fields', title: 'Arguments', fields: field.args.map((a) => this.fieldOf(a, true)) })
    const base = baseOf(field.type)
    blocks.push({
      kind: 'fields',
      title: 'Answers',
      note: field.type,
      fields: this.ir.types.has(base) ? this.fields(base) : [],
      about: prose(this.ir.types.get(base)?.about),
    })
    blocks.push({ kind: 'code', title: 'To send', language: 'graphql', code: this.sample(root, field) })
    return {
      id: item.id,
      badge: item.badge,
      tone: item.tone,
      title: field.name,
      code: signature(field),
      deprecated: item.deprecated,
      instead: field.deprecated,
      about: field.about,
      blocks,
    }
  }

  private typeEntry(id: string, type: TypeIr): Entry {
    const blocks: Block[] = []
    if (type.kind === 'directive')
      blocks.push({ kind: 'facts', facts: [{ term: 'May stand at', value: type.of.join(', ') }] })
    else if (type.kind === 'union') blocks.push({ kind: 'fields', title: 'One of', fields: this.fields(type.name) })
    else if (type.of.length > 0)
      blocks.push({
        kind: 'links',
        title: 'Implements',
        links: type.of.map((name) => ({ id: `type ${name}`, label: name })),
      })
    if (type.directives.length > 0)
      blocks.push({ kind: 'facts', facts: [{ term: 'Directives', value: type.directives.join(' '), code: true }] })
    if (type.fields.length > 0) {
      const title = type.kind === 'enum' ? 'Values' : type.kind === 'directive' ? 'Arguments' : 'Fields'
      blocks.push({
        kind: 'fields',
        title,
        fields: type.fields.map((f) => this.fieldOf(f, type.kind === 'input' || type.kind === 'directive')),
      })
    }
    if (type.kind === 'interface') {
      const makers = [...this.ir.types.values()].filter((t) => t.kind === 'object' && t.of.includes(type.name))
      if (makers.length > 0)
        blocks.push({
          kind: 'links',
          title: 'Implemented by',
          links: makers.map((t) => ({ id: `type ${t.name}`, label: t.name })),
        })
    }
    const users = this.usersOf(type.name)
    if (users.length > 0) blocks.push({ kind: 'links', title: 'Used by', links: users })
    const word = type.kind === 'object' ? 'type' : type.kind
    return {
      id,
      title: type.name,
      code: type.kind === 'directive' ? type.name : `${word} ${type.name}`,
      about: type.about,
      blocks,
    }
  }

  private usersOf(name: string): { id: string; label: string }[] {
    const out: { id: string; label: string }[] = []
    const roots = new Map(Object.entries(this.ir.roots).map(([root, type]) => [type, root]))
    for (const type of this.ir.types.values()) {
      for (const field of type.fields) {
        if (baseOf(field.type) !== name && !field.args.some((a) => baseOf(a.type) === name)) continue
        const root = roots.get(type.name)
        out.push(
          root
            ? { id: `${root} ${field.name}`, label: `${root} ${field.name}` }
            : { id: `type ${type.name}`, label: `${type.name}.${field.name}` },
        )
        if (out.length >= 60) return out
      }
    }
    return out
  }

  private fieldOf(field: FieldIr, asked: boolean): Field {
    const base = baseOf(field.type)
    const args = field.args.length > 0 ? [`with ${field.args.map((a) => `${a.name}: ${a.type}`).join(', ')}`] : []
    const why = field.deprecated ? [`deprecated: ${str(field.deprecated, 300) ?? ''}`] : []
    const value = field.value === undefined ? [] : [`default ${inlineJson(field.value, 80)}`]
    return {
      name: field.name,
      type: field.type || undefined,
      to: this.link(base),
      // What an answer always has is no demand on who reads it.
      required: (asked && field.type.endsWith('!') && field.value === undefined) || undefined,
      deprecated: field.deprecated !== undefined || undefined,
      about: field.about,
      notes: [...args, ...value, ...why],
      more: this.more(base),
    }
  }

  private link(name: string): string | undefined {
    return this.ir.types.has(name) ? `type ${name}` : undefined
  }

  private more(name: string): string | undefined {
    const type = this.ir.types.get(name)
    return type && (type.fields.length > 0 || type.kind === 'union') ? name : undefined
  }

  private sample(root: Root, field: FieldIr): string {
    const needed = field.args.filter((a) => a.type.endsWith('!') && a.value === undefined)
    const variables = needed.map((a) => `$${a.name}: ${a.type}`).join(', ')
    const args = needed.map((a) => `${a.name}: $${a.name}`).join(', ')
    const type = this.ir.types.get(baseOf(field.type))
    const plain = (f: FieldIr) => {
      const of = this.ir.types.get(baseOf(f.type))
      return (
        f.args.every((a) => !a.type.endsWith('!')) && (of === undefined || of.kind === 'enum' || of.kind === 'scalar')
      )
    }
    const inner =
      type && type.kind !== 'enum' && type.kind !== 'scalar'
        ? type.fields
            .filter((f) => f.deprecated === undefined && plain(f))
            .slice(0, 12)
            .map((f) => f.name)
        : undefined
    const picks = inner && (inner.length > 0 ? inner : ['__typename']).map((n) => `\n    ${n}`).join('')
    return `${root}${variables && ` (${variables})`} {\n  ${field.name}${args && `(${args})`}${picks === undefined ? '' : ` {${picks}\n  }`}\n}`
  }
}

function signature(field: FieldIr): string {
  const args = field.args.map((a) => `${a.name}: ${a.type}`).join(', ')
  return `${field.name}${args && `(${args})`}: ${field.type}`
}

function baseOf(type: string): string {
  return type.replace(/[[\]!]/g, '')
}

/** Whether a JSON document is the answer to the introspection query. */
export function introspectionOf(root: unknown): Obj | undefined {
  const schema = own(own(root, 'data'), '__schema') ?? own(root, '__schema')
  return entries(schema).length > 0 ? obj(schema) : undefined
}
