import type { Block, Entry, Fact, Field, Group, Item, Outline, Reading } from './model.ts'
import { Schemas } from './schema.ts'
import {
  at,
  entries,
  firstLine,
  isObj,
  json,
  list,
  obj,
  own,
  pointerOf,
  prose,
  safeHref,
  str,
  type Obj,
} from './value.ts'

const kinds = [
  ['tools', 'Tools', 'tool'],
  ['resources', 'Resources', 'resource'],
  ['resourceTemplates', 'Resource templates', 'template'],
  ['prompts', 'Prompts', 'prompt'],
  ['remotes', 'Where it answers', 'remote'],
  ['packages', 'Packages', 'package'],
] as const

/** Whether a document tells of an MCP server: where it answers, how it is run, or what it offers. */
export function looksLikeMcp(root: Obj): boolean {
  const home = homeOf(root)
  return kinds.some(
    ([key]) => list(own(at(root, home), key)).length > 0 || entries(own(at(root, home), key)).length > 0,
  )
}

/** `server.json` of the registry stands in a `server`, an answer of a server in a `result`. */
function homeOf(root: Obj): string {
  for (const key of ['server', 'result']) if (isObj(root[key])) return pointerOf(key)
  return ''
}

/** Reads what describes an MCP server: `remotes` as Backstage has them, `server.json`, the lists that a server answers with. */
export function readMcp(root: Obj): Reading {
  return new Mcp(root)
}

class Mcp implements Reading {
  readonly outline: Outline
  private readonly schemas: Schemas
  private readonly pointers = new Map<string, { kind: string; pointer: string }>()

  constructor(root: Obj) {
    this.schemas = new Schemas(root)
    const home = homeOf(root)
    const value = obj(at(root, home))
    const info = obj(value['serverInfo'])
    const groups = kinds
      .map(([key, name, kind]): Group => {
        const all = own(value, key)
        const keys: (string | number)[] = Array.isArray(all) ? all.map((_, i) => i) : Object.keys(obj(all))
        const items = keys
          .slice(0, 5_000)
          .map((k) => this.itemOf(kind, home + pointerOf(key, k), own(all, String(k)), k))
        return { name, minor: kind === 'package' || undefined, items }
      })
      .filter((g) => g.items.length > 0)
    const first = groups[0]?.name
    this.outline = {
      sort: 'mcp',
      format: 'MCP server',
      title: str(value['title'], 200) ?? str(value['name'], 200) ?? str(info['name'], 200),
      version: str(value['version'], 60) ?? str(info['version'], 60),
      about: prose(value['description']) ?? prose(value['instructions']),
      facts: [
        ...overview(value),
        ...fact('Repository', own(value['repository'], 'url') ?? value['repository']),
        ...fact('Website', value['websiteUrl']),
      ],
      blocks: clientBlock(list(value['remotes'])),
      groups: groups.map((g) => ({
        ...g,
        minor: (g.name !== first && ['Packages', 'Where it answers'].includes(g.name)) || undefined,
      })),
      noun:
        first === 'Where it answers'
          ? ['address', 'addresses']
          : first === 'Packages'
            ? ['package', 'packages']
            : ['offer', 'offers'],
      notes: [],
    }
  }

  private itemOf(kind: string, pointer: string, value: unknown, key: string | number): Item {
    const url = str(own(value, 'url'), 300)
    const name = str(own(value, 'name'), 200) ?? str(own(value, 'identifier'), 200)
    const label =
      (kind === 'remote' ? url : undefined) ??
      name ??
      str(own(value, 'uri'), 300) ??
      str(own(value, 'uriTemplate'), 300) ??
      (typeof key === 'string' ? key : kind)
    let id = `${kind} ${label}`
    if (this.pointers.has(id)) id = `${id} ${String(key)}`
    this.pointers.set(id, { kind, pointer })
    const hints = obj(own(value, 'annotations'))
    return {
      id,
      badge: kind === 'remote' ? 'AT' : kind === 'template' ? 'TEMPLATE' : kind.toUpperCase(),
      tone:
        kind === 'tool'
          ? hints['destructiveHint'] === true
            ? 'remove'
            : hints['readOnlyHint'] === true
              ? 'read'
              : 'make'
          : 'plain',
      label: kind === 'remote' ? hostOf(label) : label,
      note:
        (kind === 'remote'
          ? [pathOf(label), transportOf(value)].filter(Boolean).join(' · ') || undefined
          : undefined) ??
        firstLine(own(value, 'title')) ??
        firstLine(own(value, 'description')) ??
        str(own(value, 'type'), 60) ??
        str(own(value, 'registryType') ?? own(value, 'registry_type'), 60),
    }
  }

  entry(id: string): Entry | undefined {
    const found = this.pointers.get(id)
    if (!found) return undefined
    const { kind, pointer } = found
    const value = obj(this.schemas.resolve(pointer).value)
    const label = id.slice(kind.length + 1)
    const blocks: Block[] = []
    const facts: Fact[] = [
      ...fact('Address', value['url']).map((one): Fact => ({ ...one, copy: true })),
      ...fact('Transport', transportOf(value)),
      ...fact('URI', value['uri'] ?? value['uriTemplate']),
      ...fact('Type', value['mimeType']),
      ...fact('Registry', value['registryType'] ?? value['registry_type']),
      ...fact('Version', value['version']),
      ...Object.entries(hintWords).flatMap(([key, words]) =>
        own(value['annotations'], key) === true ? [{ term: 'It says', value: words }] : [],
      ),
    ]
    if (facts.length > 0) blocks.push({ kind: 'facts', facts })
    for (const [key, title] of [
      ['inputSchema', 'Input'],
      ['input_schema', 'Input'],
      ['outputSchema', 'Output'],
    ] as const)
      if (isObj(value[key]))
        blocks.push({
          kind: 'fields',
          title,
          note: this.schemas.type(pointer + pointerOf(key)),
          fields: this.schemas.children(pointer + pointerOf(key), 2),
        })
    for (const [key, title] of [
      ['arguments', 'Arguments'],
      ['headers', 'Headers'],
      ['environmentVariables', 'Environment'],
      ['packageArguments', 'Arguments'],
      ['runtimeArguments', 'Arguments of the runtime'],
    ] as const) {
      const fields = list(value[key]).slice(0, 200).map(argumentField)
      if (fields.length > 0) blocks.push({ kind: 'fields', title, fields })
    }
    if (kind === 'remote')
      blocks.push({ kind: 'code', title: 'For a client', language: 'json', code: clientConfig([value]) })
    if (blocks.length === 0) blocks.push({ kind: 'code', title: 'As written', language: 'json', code: json(value) })
    return { id, title: firstLine(value['title']) ?? label, code: label, about: prose(value['description']), blocks }
  }

  fields(key: string): Field[] {
    return this.schemas.children(key, 1)
  }
}

/** What a reader wants to know of a server first: where it answers, how it is spoken to, and how much it offers. */
function overview(value: Obj): Fact[] {
  const remotes = list(value['remotes'])
  const packages = list(value['packages'])
  const transports = new Set([...remotes, ...packages].map(transportOf).filter((type) => type !== undefined))
  const many = (key: string, one: string, more = `${one}s`): string[] => {
    const n = list(value[key]).length || entries(value[key]).length
    return n > 0 ? [`${n.toLocaleString('en-GB')} ${n === 1 ? one : more}`] : []
  }
  const offered = [
    ...many('tools', 'tool'),
    ...many('resources', 'resource'),
    ...many('resourceTemplates', 'template of resources', 'templates of resources'),
    ...many('prompts', 'prompt'),
  ]
  return [
    ...remotes.slice(0, MOST_SHOWN).flatMap((remote): Fact[] => {
      const url = str(own(remote, 'url'), 300)
      return url
        ? [
            {
              term: 'Address',
              value: url,
              code: true,
              copy: true,
              note: transports.size > 1 ? transportOf(remote) : '',
            },
          ]
        : []
    }),
    ...packages.slice(0, MOST_SHOWN).flatMap((one): Fact[] => {
      const name = str(own(one, 'identifier'), 200) ?? str(own(one, 'name'), 200)
      const registry = str(own(one, 'registryType') ?? own(one, 'registry_type') ?? own(one, 'registry_name'), 60)
      const note = [registry, str(own(one, 'version'), 60)].filter(Boolean).join(' ')
      return name ? [{ term: 'Package', value: name, code: true, copy: true, note }] : []
    }),
    ...fact('Transport', [...transports].join(', ')),
    ...fact('Protocol', value['protocolVersion']),
    ...fact('Offers', offered.join(', ')),
  ]
}

const MOST_SHOWN = 12

function transportOf(value: unknown): string | undefined {
  return (
    str(own(own(value, 'transport'), 'type'), 60) ??
    str(own(value, 'type'), 60) ??
    str(own(value, 'transport_type'), 60)
  )
}

/** In a list the end of an address would be cut, and with it what tells two apart: the host is one line, the path another. */
function hostOf(url: string): string {
  return /^https?:\/\/([^/?#]+)/.exec(url)?.[1] ?? url
}

function pathOf(url: string): string {
  return /^https?:\/\/[^/?#]+(\/?[^]+)$/.exec(url)?.[1] ?? ''
}

const hintWords: Record<string, string> = {
  readOnlyHint: 'only reads',
  destructiveHint: 'may destroy',
  idempotentHint: 'twice is as once',
  openWorldHint: 'reaches other systems',
}

function fact(term: string, value: unknown): Fact[] {
  const said = str(value, 300)
  return said
    ? [{ term, value: said, href: safeHref(said), code: term === 'Address' || term === 'URI' || undefined }]
    : []
}

function argumentField(value: unknown): Field {
  return {
    name: str(own(value, 'name'), 200) ?? str(own(value, 'value'), 200) ?? '?',
    type: str(own(value, 'format'), 40),
    required: own(value, 'required') === true || own(value, 'isRequired') === true || undefined,
    about: prose(own(value, 'description')),
    notes: own(value, 'isSecret') === true ? ['secret'] : [],
  }
}

function clientBlock(remotes: unknown[]): Block[] | undefined {
  const known = remotes
    .slice(0, MOST_SHOWN)
    .filter((remote): remote is Obj => str(own(remote, 'url'), 300) !== undefined)
  return known.length > 0
    ? [{ kind: 'code', title: 'For a client', language: 'json', code: clientConfig(known) }]
    : undefined
}

/** What a client has in its file, each server under the name of its host; a second of the same host by its transport too. */
function clientConfig(remotes: Obj[]): string {
  const mcpServers: Record<string, Obj> = {}
  for (const remote of remotes) {
    const url = str(remote['url'], 300) ?? ''
    const type = transportOf(remote) ?? 'streamable-http'
    const host = (/^https?:\/\/([\w-]+)/.exec(url)?.[1] ?? 'server').toLowerCase()
    const name = Object.hasOwn(mcpServers, host) ? `${host}-${type}` : host
    mcpServers[Object.hasOwn(mcpServers, name) ? `${name}-${String(Object.keys(mcpServers).length)}` : name] = {
      type,
      url,
    }
  }
  return json({ mcpServers })
}
