import type { Block, Entry, Fact, Field, Group, Item, Outline, Reading } from './model.ts'
import { schemaNote, Schemas } from './schema.ts'
import { docsFact, infoFacts, schemaEntry } from './shared.ts'
import { entries, firstLine, isObj, json, list, obj, own, pointerOf, prose, str, type Obj } from './value.ts'

interface Operation {
  id: string
  badge: string
  pointer: string
  channel: string
  messages: string[]
}

/** Reads AsyncAPI 2.x and 3.x. */
export function readAsyncApi(root: Obj): Reading {
  return new AsyncApi(root)
}

class AsyncApi implements Reading {
  readonly outline: Outline
  private readonly schemas: Schemas
  private readonly operations = new Map<string, Operation>()
  private readonly pointers = new Map<string, string>()
  private readonly two: boolean

  constructor(private readonly root: Obj) {
    this.schemas = new Schemas(root)
    this.two = (str(root['asyncapi']) ?? '').startsWith('2')
    if (this.two) this.collectTwo()
    else this.collectThree()
    this.outline = this.makeOutline()
  }

  /** In 2.x a channel has what may be published to it, and what is heard there when one subscribes. */
  private collectTwo(): void {
    for (const name of Object.keys(obj(this.root['channels']))) {
      const channel = this.schemas.resolve(pointerOf('channels', name))
      for (const [verb, badge] of [
        ['publish', 'PUB'],
        ['subscribe', 'SUB'],
      ] as const) {
        if (!isObj(own(channel.value, verb))) continue
        const pointer = channel.pointer + pointerOf(verb)
        this.operations.set(`${badge} ${name}`, {
          id: `${badge} ${name}`,
          badge,
          pointer,
          channel: channel.pointer,
          messages: this.oneOf(pointer + pointerOf('message')),
        })
      }
    }
  }

  private oneOf(pointer: string): string[] {
    const found = this.schemas.resolve(pointer)
    const many = list(own(found.value, 'oneOf'))
    if (many.length > 0) return many.slice(0, 100).map((_, i) => found.pointer + pointerOf('oneOf', i))
    return found.value === undefined && !found.name ? [] : [pointer]
  }

  private collectThree(): void {
    for (const name of Object.keys(obj(this.root['operations']))) {
      const found = this.schemas.resolve(pointerOf('operations', name))
      const channel = this.schemas.resolve(found.pointer + pointerOf('channel'))
      const badge = str(own(found.value, 'action'), 20)?.toUpperCase() ?? 'OPERATION'
      const named = list(own(found.value, 'messages'))
      const messages =
        named.length > 0
          ? named.slice(0, 100).map((_, i) => found.pointer + pointerOf('messages', i))
          : Object.keys(obj(own(channel.value, 'messages'))).map((m) => channel.pointer + pointerOf('messages', m))
      this.operations.set(`${badge} ${name}`, {
        id: `${badge} ${name}`,
        badge,
        pointer: found.pointer,
        channel: channel.value === undefined ? '' : channel.pointer,
        messages,
      })
    }
  }

  private makeOutline(): Outline {
    const info = obj(this.root['info'])
    const operations: Group = { name: 'Operations', items: [...this.operations.values()].map((o) => this.itemOf(o)) }
    const channels = this.named('Channels', '/channels', 'channel', (v, name) => ({
      label: str(v['address'], 300) ?? name,
      note: firstLine(v['title']) ?? firstLine(v['summary']) ?? firstLine(v['description']),
    }))
    const messages = this.named('Messages', '/components/messages', 'message', (v, name) => ({
      label: str(v['name'], 200) ?? name,
      note: firstLine(v['title']) ?? firstLine(v['summary']),
    }))
    const types = this.named('Schemas', '/components/schemas', 'schema', (v, name) => ({
      label: name,
      note: schemaNote(v),
    }))
    const groups = [operations, channels, { ...messages, minor: true }, { ...types, minor: true }].filter(
      (g) => g.items.length > 0,
    )
    if (operations.items.length > 0) channels.minor = true
    return {
      sort: 'asyncapi',
      format: `AsyncAPI ${str(this.root['asyncapi'], 20) ?? ''}`,
      title: str(info['title'], 200),
      version: str(info['version'], 60),
      about: prose(info['description']),
      facts: [...this.servers(), ...infoFacts(info), ...docsFact(info['externalDocs'] ?? this.root['externalDocs'])],
      groups,
      noun: operations.items.length > 0 ? ['operation', 'operations'] : ['channel', 'channels'],
      notes: this.two
        ? ['In AsyncAPI 2, PUB is what others may send to the service, SUB what they can hear from it.']
        : [],
    }
  }

  private named(
    title: string,
    home: string,
    kind: string,
    words: (value: Obj, name: string) => Omit<Item, 'id'>,
  ): Group {
    const at = this.schemas.resolve(home)
    const items = Object.keys(obj(at.value)).map((name): Item => {
      const id = `${kind} ${name}`
      this.pointers.set(id, at.pointer + pointerOf(name))
      return { id, ...words(obj(this.schemas.resolve(at.pointer + pointerOf(name)).value), str(name, 200) ?? '') }
    })
    return { name: title, items }
  }

  private itemOf(operation: Operation): Item {
    const value = obj(this.schemas.resolve(operation.pointer).value)
    const name = operation.id.slice(operation.badge.length + 1)
    const address = str(own(this.schemas.resolve(operation.channel).value, 'address'), 300)
    return {
      id: operation.id,
      badge: operation.badge,
      tone: operation.badge === 'SEND' || operation.badge === 'SUB' ? 'read' : 'make',
      label: (this.two ? undefined : operation.channel && address) ?? str(name, 300) ?? '',
      note:
        firstLine(value['title']) ??
        firstLine(value['summary']) ??
        str(value['operationId'], 200) ??
        (this.two ? undefined : name),
    }
  }

  private servers(): Fact[] {
    return Object.keys(obj(this.root['servers']))
      .slice(0, 30)
      .map((name) => {
        const value = obj(this.schemas.resolve(pointerOf('servers', name)).value)
        const address = str(value['url'], 300) ?? `${str(value['host'], 300) ?? ''}${str(value['pathname'], 200) ?? ''}`
        const protocol = [str(value['protocol'], 40), str(value['protocolVersion'], 20)].filter(Boolean).join(' ')
        return {
          term: `Server ${name}`,
          value: [address, protocol && `(${protocol})`].filter(Boolean).join(' '),
          code: true,
        }
      })
  }

  entry(id: string): Entry | undefined {
    const operation = this.operations.get(id)
    if (operation) return this.operationEntry(operation)
    const pointer = this.pointers.get(id)
    if (pointer === undefined) return undefined
    if (id.startsWith('channel ')) return this.channelEntry(id, pointer)
    if (id.startsWith('message ')) return this.messageEntry(id, pointer)
    return schemaEntry(this.schemas, id, pointer)
  }

  fields(key: string): Field[] {
    return this.schemas.children(key, 1)
  }

  private operationEntry(operation: Operation): Entry {
    const value = obj(this.schemas.resolve(operation.pointer).value)
    const channel = obj(this.schemas.resolve(operation.channel).value)
    const item = this.itemOf(operation)
    const facts: Fact[] = []
    const name = [...this.pointers].find(([id, p]) => id.startsWith('channel ') && p === operation.channel)?.[0]
    facts.push({ term: 'Channel', value: str(channel['address'], 300) ?? name?.slice(8) ?? '', code: true, to: name })
    if (isObj(value['reply'])) facts.push({ term: 'Replies on', value: this.replyOf(operation.pointer), code: true })
    const security = list(value['security'])
      .map((s) => this.schemas.follow(s, '').name ?? Object.keys(obj(s))[0] ?? str(own(s, 'type')))
      .filter(Boolean)
    if (security.length > 0) facts.push({ term: 'Sign-in', value: security.join(', or ') })
    return {
      id: operation.id,
      badge: operation.badge,
      tone: item.tone,
      title: firstLine(value['title']) ?? firstLine(value['summary']) ?? item.label,
      code: item.label,
      about: prose(value['description']),
      blocks: [
        { kind: 'facts', facts },
        ...this.parameters(operation.channel),
        ...operation.messages.flatMap((m) => this.messageBlocks(m)),
        ...bindings(value['bindings'], 'Bindings of the operation'),
        ...bindings(channel['bindings'], 'Bindings of the channel'),
        ...this.traits(operation.pointer),
      ],
    }
  }

  private replyOf(pointer: string): string {
    const reply = this.schemas.resolve(pointer + pointerOf('reply'))
    const channel = this.schemas.resolve(reply.pointer + pointerOf('channel'))
    const location = str(own(this.schemas.resolve(reply.pointer + pointerOf('address')).value, 'location'), 200)
    return str(own(channel.value, 'address'), 300) ?? channel.name ?? location ?? 'a channel that is told at the time'
  }

  private parameters(channel: string): Block[] {
    const at = this.schemas.resolve(channel)
    const fields = Object.keys(obj(own(at.value, 'parameters'))).map((name): Field => {
      const pointer = at.pointer + pointerOf('parameters', name)
      const found = this.schemas.resolve(pointer)
      const value = obj(found.value)
      const schema = isObj(value['schema']) ? found.pointer + pointerOf('schema') : found.pointer
      const field = this.schemas.field(name, schema)
      return {
        ...field,
        type: field.type === 'anything' ? 'string' : field.type,
        about: prose(value['description']) ?? field.about,
      }
    })
    return fields.length > 0 ? [{ kind: 'fields', title: 'In the address', fields }] : []
  }

  private messageBlocks(pointer: string): Block[] {
    const found = this.schemas.resolve(pointer)
    const value = obj(found.value)
    const section = `Message ${str(value['title'], 200) ?? str(value['name'], 200) ?? found.name ?? ''}`.trim()
    const id = [...this.pointers].find(([key, p]) => key.startsWith('message ') && p === found.pointer)?.[0]
    const blocks: Block[] = []
    if (found.elsewhere ?? found.dangling)
      blocks.push({
        kind: 'facts',
        section,
        facts: [{ term: 'Written in', value: found.elsewhere ?? found.dangling ?? '', code: true }],
      })
    if (id) blocks.push({ kind: 'facts', section, facts: [{ term: 'Message', value: id.slice(8), to: id }] })
    return [...blocks, ...this.parts(found.pointer, value, section)]
  }

  private parts(pointer: string, value: Obj, section?: string): Block[] {
    const blocks: Block[] = []
    const media = str(value['contentType'], 100) ?? str(this.root['defaultContentType'], 100)
    for (const [part, title] of [
      ['headers', 'Headers'],
      ['payload', 'Payload'],
    ] as const) {
      if (value[part] === undefined) continue
      let at = pointer + pointerOf(part)
      const inner = this.schemas.resolve(at)
      const format =
        str(own(inner.value, 'schemaFormat')) ?? (part === 'payload' ? str(value['schemaFormat']) : undefined)
      if (own(inner.value, 'schemaFormat') !== undefined) at = inner.pointer + pointerOf('schema')
      const about = prose(own(this.schemas.resolve(at).value, 'description'))
      if (format && !/aai|json.schema|openapi|asyncapi/i.test(format)) {
        const schema = this.schemas.resolve(at).value
        blocks.push({
          kind: 'code',
          section,
          title: `${title} (${str(format, 80) ?? ''})`,
          language: typeof schema === 'string' ? 'plain' : 'json',
          code: typeof schema === 'string' ? schema.slice(0, 20_000) : json(schema),
        })
      } else {
        const note = [part === 'payload' ? media : undefined, this.schemas.type(at)].filter(Boolean).join(' · ')
        blocks.push({ kind: 'fields', section, title, note, about, fields: this.schemas.children(at, 2) })
      }
    }
    for (const [i, example] of list(value['examples']).slice(0, 3).entries())
      blocks.push({
        kind: 'code',
        section,
        title: firstLine(own(example, 'summary')) ?? firstLine(own(example, 'name')) ?? `Example ${String(i + 1)}`,
        language: 'json',
        code: json(own(example, 'payload') ?? example),
      })
    const correlation = str(own(this.schemas.resolve(pointer + pointerOf('correlationId')).value, 'location'), 200)
    if (correlation)
      blocks.push({ kind: 'facts', section, facts: [{ term: 'Told apart by', value: correlation, code: true }] })
    return [
      ...blocks,
      ...bindings(value['bindings'], 'Bindings of the message', section),
      ...this.traits(pointer, section),
    ]
  }

  private traits(pointer: string, section?: string): Block[] {
    const at = this.schemas.resolve(pointer)
    return list(own(at.value, 'traits'))
      .slice(0, 10)
      .flatMap((_, i): Block[] => {
        const found = this.schemas.resolve(at.pointer + pointerOf('traits', i))
        if (!isObj(found.value)) return []
        const { headers, payload } = found.value
        if (headers === undefined && payload === undefined)
          return bindings(found.value['bindings'], `Bindings by ${found.name ?? 'trait'}`, section)
        return this.parts(found.pointer, { ...found.value, traits: [] }, section)
      })
  }

  private channelEntry(id: string, pointer: string): Entry {
    const found = this.schemas.resolve(pointer)
    const value = obj(found.value)
    const users = [...this.operations.values()].filter((o) => o.channel === found.pointer)
    const messages = Object.keys(obj(value['messages'])).map((m) => found.pointer + pointerOf('messages', m))
    const blocks: Block[] = []
    const servers = list(value['servers'])
      .map((s) => (typeof s === 'string' ? s : this.schemas.follow(s, '').name))
      .filter(Boolean)
    if (servers.length > 0) blocks.push({ kind: 'facts', facts: [{ term: 'On', value: servers.join(', ') }] })
    if (users.length > 0)
      blocks.push({
        kind: 'links',
        title: 'Operations',
        links: users.map((o) => ({ id: o.id, label: `${o.badge} ${o.id.slice(o.badge.length + 1)}` })),
      })
    return {
      id,
      title: firstLine(value['title']) ?? firstLine(value['summary']) ?? id.slice(8),
      code: str(value['address'], 300) ?? id.slice(8),
      about: prose(value['description']),
      blocks: [
        ...blocks,
        ...this.parameters(pointer),
        ...messages.flatMap((m) => this.messageBlocks(m)),
        ...bindings(value['bindings'], 'Bindings'),
      ],
    }
  }

  private messageEntry(id: string, pointer: string): Entry {
    const found = this.schemas.resolve(pointer)
    const value = obj(found.value)
    return {
      id,
      title: firstLine(value['title']) ?? str(value['name'], 200) ?? id.slice(8),
      code: id.slice(8),
      deprecated: value['deprecated'] === true || undefined,
      about: prose(value['description']) ?? prose(value['summary']),
      blocks: this.parts(found.pointer, value),
    }
  }
}

function bindings(value: unknown, title: string, section?: string): Block[] {
  return entries(value).length > 0 ? [{ kind: 'code', section, title, language: 'json', code: json(value, 300) }] : []
}
