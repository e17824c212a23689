import { parseProto, type FieldIr, type MessageIr, type ProtoFile, type RpcIr, type ServiceIr } from './proto-parse.ts'
import type { Block, Entry, Fact, Field, Group, Item, Outline, Reading } from './model.ts'
import { firstLine, prose } from './value.ts'

/** Reads protocol buffers: proto2, proto3, editions; one file, or several one after the other. Throws ParseFault. */
export function readProto(text: string): Reading {
  return new Proto(parseProto(text))
}

class Proto implements Reading {
  readonly outline: Outline
  private readonly types = new Map<string, MessageIr>()
  private readonly services = new Map<string, ServiceIr>()

  constructor(private readonly files: ProtoFile[]) {
    for (const file of files) {
      for (const type of file.types) this.types.set(type.full, type)
      for (const service of file.services) this.services.set(service.full, service)
    }
    const all = [...this.types.values()]
    const services = [...this.services.values()].map((s): Group => ({
      name: s.full,
      about: s.about,
      items: s.rpcs.map((r) => rpcItem(s, r)),
    }))
    const some = services.length > 0
    const group = (name: string, kind: string): Group => ({
      name,
      minor: some || undefined,
      items: all
        .filter((t) => t.kind === kind)
        .map((t) => ({
          id: `type ${t.full}`,
          label: short(t.full, files),
          note: firstLine(t.about),
          deprecated: t.deprecated,
        })),
    })
    const groups = [...services, group('Messages', 'message'), group('Enums', 'enum'), group('Extensions', 'extend')]
    this.outline = {
      sort: 'proto',
      format: `Protocol buffers (${[...new Set(files.map((f) => f.syntax))].join(', ')})`,
      title: files.map((f) => f.package).find(Boolean),
      about: prose(files.map((f) => f.about).find((about) => about && !/copyright|licen[sc]e/i.test(about))),
      facts: facts(files),
      groups: groups.filter((g) => g.items.length > 0),
      noun: some ? ['call', 'calls'] : ['type', 'types'],
      notes: [],
    }
  }

  entry(id: string): Entry | undefined {
    if (id.startsWith('type ')) {
      const type = this.types.get(id.slice(5))
      return type && this.typeEntry(id, type)
    }
    const [full = '', name = ''] = id.split('/')
    const service = this.services.get(full)
    const rpc = service?.rpcs.find((r) => r.name === name)
    return service && rpc && this.rpcEntry(service, rpc)
  }

  fields(key: string): Field[] {
    return this.types.get(key)?.fields.map((f) => this.fieldOf(key, f)) ?? []
  }

  private rpcEntry(service: ServiceIr, rpc: RpcIr): Entry {
    const item = rpcItem(service, rpc)
    const side = (title: string, type: string, stream: boolean): Block => {
      const full = this.find(service.full, type)
      return {
        kind: 'fields',
        title,
        note: `${stream ? 'stream of ' : ''}${type}`,
        about: full === undefined ? undefined : this.types.get(full)?.about,
        fields: full === undefined ? [] : this.fields(full),
      }
    }
    const options: Block[] =
      rpc.options.length > 0
        ? [{ kind: 'code', title: 'Options', language: 'proto', code: rpc.options.join('\n') }]
        : []
    return {
      id: item.id,
      badge: item.badge,
      tone: item.tone,
      title: rpc.name,
      code: `rpc ${rpc.name}(${rpc.clientStreams ? 'stream ' : ''}${rpc.input}) returns (${rpc.serverStreams ? 'stream ' : ''}${rpc.output})`,
      deprecated: rpc.deprecated,
      about: rpc.about,
      blocks: [
        side('Request', rpc.input, rpc.clientStreams),
        side('Response', rpc.output, rpc.serverStreams),
        ...options,
        {
          kind: 'code',
          title: 'grpcurl',
          language: 'shell',
          code: `grpcurl -d '{}' HOST:443 ${service.full}/${rpc.name}`,
        },
      ],
    }
  }

  private typeEntry(id: string, type: MessageIr): Entry {
    const users = [...this.services.values()].flatMap((s) =>
      s.rpcs
        .filter((r) => [r.input, r.output].some((t) => this.find(s.full, t) === type.full))
        .map((r) => ({ id: rpcItem(s, r).id, label: `${s.name}.${r.name}` })),
    )
    for (const other of this.types.values())
      if (other !== type && users.length < 60 && other.fields.some((f) => this.find(other.full, f.base) === type.full))
        users.push({ id: `type ${other.full}`, label: short(other.full, this.files) })
    const blocks: Block[] = [
      { kind: 'fields', title: type.kind === 'enum' ? 'Values' : 'Fields', fields: this.fields(type.full) },
    ]
    if (type.notes.length > 0)
      blocks.push({ kind: 'facts', facts: type.notes.map((value) => ({ term: 'Also', value, code: true })) })
    if (users.length > 0) blocks.push({ kind: 'links', title: 'Used by', links: users.slice(0, 60) })
    return {
      id,
      title: short(type.full, this.files),
      code: `${type.kind} ${type.full}`,
      deprecated: type.deprecated,
      about: type.about,
      blocks,
    }
  }

  private fieldOf(scope: string, field: FieldIr): Field {
    const full = field.base ? this.find(scope, field.base) : undefined
    const number = field.number === undefined ? [] : [`number ${field.number}`]
    return {
      name: field.name,
      type: field.type || undefined,
      to: full && `type ${full}`,
      required: field.label === 'required' || undefined,
      deprecated: field.deprecated,
      about: field.about,
      notes: [
        ...number,
        ...(field.label === 'optional' ? ['optional'] : []),
        ...(field.oneof ? [`one of ${field.oneof}`] : []),
        ...field.options,
      ],
      more: full && (this.types.get(full)?.fields.length ?? 0) > 0 ? full : undefined,
    }
  }

  /** A type by the name that is written in a scope: the innermost scope that has it. */
  private find(scope: string, name: string): string | undefined {
    if (name.startsWith('.')) return this.types.has(name.slice(1)) ? name.slice(1) : undefined
    for (let at = scope; ; at = at.slice(0, at.lastIndexOf('.'))) {
      const full = at ? `${at}.${name}` : name
      if (this.types.has(full)) return full
      if (!at) return undefined
      if (!at.includes('.')) at = `.${at}`
    }
  }
}

function rpcItem(service: ServiceIr, rpc: RpcIr): Item {
  const both = rpc.clientStreams && rpc.serverStreams
  const stream = both
    ? 'streams both ways'
    : rpc.clientStreams
      ? 'the caller streams'
      : rpc.serverStreams
        ? 'the answer streams'
        : undefined
  return {
    id: `${service.full}/${rpc.name}`,
    badge: 'RPC',
    tone: 'plain',
    label: rpc.name,
    note: [firstLine(rpc.about), stream].filter(Boolean).join(' · ') || undefined,
    deprecated: rpc.deprecated,
  }
}

function short(full: string, files: ProtoFile[]): string {
  const home = files.find((f) => f.package && full.startsWith(`${f.package}.`))
  return home ? full.slice(home.package.length + 1) : full
}

function facts(files: ProtoFile[]): Fact[] {
  const packages = [...new Set(files.map((f) => f.package).filter(Boolean))]
  const imports = [...new Set(files.flatMap((f) => f.imports))]
  return [
    ...packages.map((value) => ({ term: 'Package', value, code: true })),
    ...(imports.length > 0 ? [{ term: 'Imports', value: imports.slice(0, 40).join(', '), code: true }] : []),
  ]
}
