import { curl } from './curl.ts'
import type {
  Block,
  Entry,
  Fact,
  Field,
  Group,
  HttpRequest,
  Item,
  Outline,
  Reading,
  RequestBody,
  RequestParameter,
  Tone,
} from './model.ts'
import { formParts, isFileBody } from './form.ts'
import { encode, formText, given, serverUrl } from './request.ts'
import { schemaNote, Schemas } from './schema.ts'
import { docsFact, infoFacts, schemaEntry, shown } from './shared.ts'
import { entries, firstLine, isObj, json, list, obj, own, pointerOf, prose, str, type Obj } from './value.ts'

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query']

const tones: Record<string, Tone> = {
  get: 'read',
  head: 'read',
  options: 'read',
  query: 'read',
  post: 'make',
  put: 'change',
  patch: 'change',
  delete: 'remove',
}

interface Operation {
  id: string
  method: string
  path: string
  pointer: string
  /** Where parameters stand that all operations of the path share. */
  item: string
  webhook: boolean
}

/** Reads OpenAPI 3.x and Swagger 2.0. */
export function readOpenApi(root: Obj): Reading {
  return new OpenApi(root)
}

class OpenApi implements Reading {
  readonly outline: Outline
  private readonly schemas: Schemas
  private readonly operations = new Map<string, Operation>()
  private readonly named = new Map<string, string>()
  private readonly two: boolean

  constructor(private readonly root: Obj) {
    this.schemas = new Schemas(root)
    this.two = own(root, 'swagger') !== undefined
    this.collect('paths', false)
    this.collect('webhooks', true)
    this.outline = this.makeOutline()
  }

  private collect(where: 'paths' | 'webhooks', webhook: boolean): void {
    for (const path of Object.keys(obj(this.root[where]))) {
      const found = this.schemas.resolve(pointerOf(where, path))
      for (const method of methods) {
        if (isObj(own(found.value, method)))
          this.add(method, path, found.pointer + pointerOf(method), found.pointer, webhook)
      }
      for (const method of Object.keys(obj(own(found.value, 'additionalOperations'))))
        this.add(method, path, found.pointer + pointerOf('additionalOperations', method), found.pointer, webhook)
    }
  }

  private add(method: string, path: string, pointer: string, item: string, webhook: boolean): void {
    const id = `${webhook ? 'webhook ' : ''}${method.toUpperCase()} ${path}`
    this.operations.set(id, { id, method, path, pointer, item, webhook })
  }

  private makeOutline(): Outline {
    const info = obj(this.root['info'])
    return {
      sort: 'openapi',
      format: this.two
        ? `Swagger ${str(this.root['swagger'], 20) ?? ''}`
        : `OpenAPI ${str(this.root['openapi'], 20) ?? ''}`,
      title: str(info['title'], 200),
      version: str(info['version'], 60),
      about: prose(info['description']),
      facts: [
        ...this.servers().map((s) => ({ term: 'Server', value: s, code: true })),
        ...this.security(this.root),
        ...infoFacts(info),
      ],
      groups: [...this.byTag(), ...this.schemaGroup()],
      noun: ['operation', 'operations'],
      notes: [],
    }
  }

  /** Those of the operation, else of its path, else of all. Variables of an address stay in it, unless it is to be called. */
  private servers(at?: string, item?: string, called = false): string[] {
    if (this.two) {
      const host = str(this.root['host'], 200)
      const base = str(this.root['basePath'], 200) ?? ''
      if (!host) return base ? [base] : []
      const schemes = list(this.root['schemes']).map((s) => str(s, 20))
      return (schemes.length > 0 ? schemes : ['https']).map((s) => `${s ?? ''}://${host}${base}`)
    }
    const of = (place?: string) => (place === undefined ? undefined : own(this.schemas.resolve(place).value, 'servers'))
    return list(of(at) ?? of(item) ?? this.root['servers'])
      .map((server) => serverUrl(server, called))
      .filter((url): url is string => url !== undefined)
      .slice(0, 20)
  }

  private byTag(): Group[] {
    const groups = new Map<string, Group>()
    for (const tag of list(this.root['tags'])) {
      const name = str(own(tag, 'name'), 200)
      if (name) groups.set(name, { name, about: prose(own(tag, 'description')), items: [] })
    }
    const rest: Group = { name: 'Operations', items: [] }
    const hooks: Group = { name: 'Webhooks', items: [] }
    for (const operation of this.operations.values()) {
      const value = this.schemas.resolve(operation.pointer).value
      const item = this.itemOf(operation, obj(value))
      if (operation.webhook) {
        hooks.items.push(item)
        continue
      }
      const tag = list(own(value, 'tags'))
        .map((t) => str(t, 200))
        .find((t) => t !== undefined)
      if (tag === undefined) rest.items.push(item)
      else {
        const group = groups.get(tag) ?? { name: tag, items: [] }
        groups.set(tag, group)
        group.items.push(item)
      }
    }
    return [...groups.values(), rest, hooks].filter((g) => g.items.length > 0)
  }

  private itemOf(operation: Operation, value: Obj): Item {
    return {
      id: operation.id,
      badge: operation.method.toUpperCase(),
      tone: tones[operation.method.toLowerCase()] ?? 'plain',
      label: str(operation.path, 300) ?? '',
      note: firstLine(value['summary']) ?? firstLine(value['operationId']) ?? firstLine(value['description']),
      deprecated: value['deprecated'] === true || undefined,
    }
  }

  private schemaGroup(): Group[] {
    const [home, all] = this.two
      ? ['/definitions', this.root['definitions']]
      : ['/components/schemas', obj(this.root['components'])['schemas']]
    const items = Object.keys(obj(all)).map((name): Item => {
      const id = `schema ${name}`
      this.named.set(id, home + pointerOf(name))
      return {
        id,
        label: str(name, 200) ?? '',
        note: schemaNote(own(all, name)),
        deprecated: own(own(all, name), 'deprecated') === true || undefined,
      }
    })
    return items.length > 0 ? [{ name: 'Schemas', minor: true, items }] : []
  }

  private security(where: Obj): Fact[] {
    const needs = list(where['security'])
    if (needs.length === 0) return []
    const words = needs.map((need) =>
      Object.keys(obj(need))
        .map((name) => {
          const scopes = list(own(need, name))
            .map((s) => str(s, 100))
            .filter(Boolean)
          const how = [this.wayIn(name), scopes.slice(0, 12).join(', ')].filter(Boolean).join(': ')
          return how ? `${name} (${how})` : name
        })
        .join(' with '),
    )
    const open = words.some((w) => w === '')
    const named = words.filter(Boolean).join(', or ')
    return [{ term: 'Sign-in', value: open ? [named, 'also without'].filter(Boolean).join(', ') : named }]
  }

  /** How a named way in works, in a word or two. */
  private wayIn(name: string): string | undefined {
    const schemes = this.two
      ? obj(this.root['securityDefinitions'])
      : obj(obj(this.root['components'])['securitySchemes'])
    const scheme = obj(this.schemas.follow(own(schemes, name), '').value)
    switch (str(scheme['type'])) {
      case 'http':
        return str(scheme['scheme'], 40)?.toLowerCase()
      case 'basic':
        return 'basic'
      case 'apiKey':
        return ['a key in', str(scheme['in'], 20), str(scheme['name'], 60)].filter(Boolean).join(' ')
      case 'oauth2':
        return 'OAuth 2'
      case 'openIdConnect':
        return 'OpenID Connect'
      case 'mutualTLS':
        return 'mutual TLS'
      default:
        return undefined
    }
  }

  entry(id: string): Entry | undefined {
    const operation = this.operations.get(id)
    if (operation) return this.operationEntry(operation)
    const pointer = this.named.get(id)
    return pointer === undefined ? undefined : schemaEntry(this.schemas, id, pointer)
  }

  fields(key: string): Field[] {
    return this.schemas.children(key, 1)
  }

  private operationEntry(operation: Operation): Entry {
    const found = this.schemas.resolve(operation.pointer)
    const value = obj(found.value)
    const item = this.itemOf(operation, value)
    const parameters = this.parameters(operation, found.pointer)
    const body = parameters.find((p) => p.in === 'body')
    const elsewhere = found.elsewhere ?? found.dangling
    const facts: Fact[] = [
      ...(elsewhere ? [{ term: 'Written in', value: elsewhere, code: true }] : []),
      ...(str(value['operationId'])
        ? [{ term: 'Operation', value: str(value['operationId'], 200) ?? '', code: true }]
        : []),
      ...this.security(isObj(value) && own(value, 'security') !== undefined ? value : this.root),
      ...docsFact(value['externalDocs']),
    ]
    const blocks: Block[] = []
    if (facts.length > 0) blocks.push({ kind: 'facts', facts })
    for (const [where, title] of places) {
      const fields = parameters.filter((p) => p.in === where).map((p) => p.field)
      if (fields.length > 0) blocks.push({ kind: 'fields', section: 'Request', title, fields })
    }
    if (body)
      blocks.push(
        this.bodyBlock(
          'Body',
          body.pointer + pointerOf('schema'),
          str(list(value['consumes'] ?? this.root['consumes'])[0]),
          body.field.about,
        ),
      )
    blocks.push(...this.requestBody(found.pointer))
    blocks.push(...this.answers(found.pointer, value))
    blocks.push(...this.callbacks(value))
    if (!operation.webhook)
      blocks.push({
        kind: 'code',
        section: 'As a command',
        title: 'curl',
        language: 'shell',
        code: this.command(operation, found.pointer, value, parameters),
      })
    return {
      id: operation.id,
      badge: item.badge,
      tone: item.tone,
      title: firstLine(value['summary']) ?? str(operation.path, 300) ?? '',
      code: `${operation.method.toUpperCase()} ${operation.path}`,
      deprecated: item.deprecated,
      about: prose(value['description']),
      blocks,
      request: operation.webhook ? undefined : this.request(operation, found.pointer, value, parameters),
    }
  }

  private request(operation: Operation, pointer: string, value: Obj, parameters: Parameter[]): HttpRequest {
    const needs = this.credentials(own(value, 'security') !== undefined ? value : this.root)
    const asked = parameters.flatMap((p): RequestParameter[] => {
      if (p.in !== 'path' && p.in !== 'query' && p.in !== 'header' && p.in !== 'cookie') return []
      if (needs.some((n) => n.in === p.in && n.name.toLowerCase() === p.name.toLowerCase())) return []
      return [
        {
          in: p.in,
          name: p.name,
          required: p.in === 'path' || p.field.required,
          hint: p.field.type,
          value: given(p.value, obj(this.schemas.resolve(p.pointer + pointerOf('schema')).value)),
        },
      ]
    })
    return {
      method: operation.method.toUpperCase(),
      servers: this.servers(pointer, operation.item, true),
      path: operation.path,
      parameters: [...needs, ...asked],
      body: this.body(pointer, value, parameters),
    }
  }

  private body(pointer: string, value: Obj, parameters: Parameter[]): RequestBody | undefined {
    const form = parameters.filter((p) => p.in === 'formData')
    const { media, bodyAt } = this.bodyPlace(pointer, value, parameters)
    if (media === undefined || bodyAt === undefined) return form.length > 0 ? this.formBody(value, form) : undefined
    const found = this.schemas.resolve(pointer + pointerOf('requestBody'))
    const required = own(this.two ? parameters.find((p) => p.in === 'body')?.value : found.value, 'required') === true
    const schemaAt = this.schemas.resolve(bodyAt).pointer + pointerOf('schema')
    if (isFileBody(media, obj(this.schemas.resolve(schemaAt).value))) return { media, required, text: '', file: true }
    if (!media.startsWith('multipart/form-data'))
      return { media, required, text: formText(media, this.bodySample(bodyAt)) }
    const encoding = own(this.schemas.resolve(bodyAt).value, 'encoding')
    return { media, required, text: '', parts: formParts(this.schemas, schemaAt, encoding) }
  }

  /** The form of Swagger 2, whose fields are parameters. */
  private formBody(value: Obj, form: Parameter[]): RequestBody {
    const media = this.formMedia(value, form)
    const required = form.some((p) => p.field.required)
    if (media !== 'multipart/form-data')
      return {
        media,
        required,
        text: form.map((p) => `${encode(p.name)}=${encode(given(p.value, {}))}`).join('&'),
      }
    const parts = form.map((p) => ({
      name: p.name,
      required: p.field.required,
      hint: p.field.type,
      value: given(p.value, {}),
      file: str(p.value['type']) === 'file' ? ('one' as const) : undefined,
    }))
    return { media, required, text: '', parts }
  }

  private formMedia(value: Obj, form: Parameter[]): string {
    const files = form.some((p) => str(p.value['type']) === 'file')
    return files
      ? 'multipart/form-data'
      : (list(value['consumes'] ?? this.root['consumes'])
          .map((media) => str(media, 100))
          .find((media) => media?.includes('form')) ?? 'application/x-www-form-urlencoded')
  }

  private parameters(operation: Operation, pointer: string): Parameter[] {
    const out = new Map<string, Parameter>()
    for (const home of [operation.item, pointer]) {
      const own_ = list(own(this.schemas.resolve(home).value, 'parameters'))
      own_.slice(0, 300).forEach((_, i) => {
        const at = home + pointerOf('parameters', i)
        const found = this.schemas.resolve(at)
        const value = obj(found.value)
        const where = str(value['in'], 20) ?? 'query'
        const name = str(value['name'], 200) ?? found.name ?? '?'
        out.set(`${where} ${name}`, {
          in: where,
          name,
          pointer: found.pointer,
          value,
          field: this.parameterField(name, at, value),
        })
      })
    }
    return [...out.values()]
  }

  private parameterField(name: string, pointer: string, value: Obj): Field {
    const found = this.schemas.resolve(pointer)
    const content = Object.keys(obj(value['content']))[0]
    const at = isObj(value['schema'])
      ? found.pointer + pointerOf('schema')
      : content
        ? found.pointer + pointerOf('content', content, 'schema')
        : found.pointer
    const field = found.value === undefined ? this.schemas.field(name, pointer) : this.schemas.field(name, at)
    return {
      ...field,
      name,
      required: value['required'] === true || undefined,
      deprecated: value['deprecated'] === true || field.deprecated,
      about: prose(value['description']) ?? field.about,
    }
  }

  private requestBody(pointer: string): Block[] {
    if (!isObj(own(this.schemas.resolve(pointer).value, 'requestBody'))) return []
    const found = this.schemas.resolve(pointer + pointerOf('requestBody'))
    if (found.value === undefined)
      return [
        {
          kind: 'fields',
          section: 'Request',
          title: 'Body',
          note: `written in ${found.elsewhere ?? found.dangling ?? ''}`,
          fields: [],
        },
      ]
    const needed = own(found.value, 'required') === true ? 'required' : 'optional'
    return Object.keys(obj(own(found.value, 'content')))
      .slice(0, 12)
      .flatMap((media) => {
        const at = found.pointer + pointerOf('content', media)
        const block = this.bodyBlock(
          'Body',
          at + pointerOf('schema'),
          `${media}, ${needed}`,
          prose(own(found.value, 'description')),
        )
        return [{ ...block, section: 'Request' as const }, ...this.examples(at, 'Request')]
      })
  }

  private bodyBlock(title: string, schema: string, media: string | undefined, about: string | undefined): Block {
    const type =
      this.schemas.resolve(schema).value === undefined && this.schemas.type(schema) === 'anything'
        ? undefined
        : this.schemas.type(schema)
    return {
      kind: 'fields',
      section: 'Request',
      title,
      note: [media, type].filter(Boolean).join(' · '),
      about,
      fields: this.schemas.children(schema, 2),
    }
  }

  private answers(pointer: string, operation: Obj): Block[] {
    return Object.keys(obj(operation['responses']))
      .slice(0, 60)
      .flatMap((status): Block[] => {
        const found = this.schemas.resolve(pointer + pointerOf('responses', status))
        const value = obj(found.value)
        const about = prose(value['description'])
        const base = { kind: 'fields' as const, section: 'Responses', title: status, tone: statusTone(status), about }
        if (found.elsewhere ?? found.dangling)
          return [{ ...base, note: `written in ${found.elsewhere ?? found.dangling ?? ''}`, fields: [] }]
        const headers = Object.keys(obj(value['headers']))
          .slice(0, 60)
          .map((name) => {
            const at = found.pointer + pointerOf('headers', name)
            return this.parameterField(name, at, obj(this.schemas.resolve(at).value))
          })
        const headerBlock: Block[] =
          headers.length > 0
            ? [{ kind: 'fields', section: 'Responses', title: `${status} headers`, fields: headers }]
            : []
        if (this.two) {
          const schema = found.pointer + pointerOf('schema')
          const has = value['schema'] !== undefined
          return [
            {
              ...base,
              note: has ? this.schemas.type(schema) : undefined,
              fields: has ? this.schemas.children(schema, 1) : [],
            },
            ...headerBlock,
          ]
        }
        const media = Object.keys(obj(value['content'])).slice(0, 12)
        if (media.length === 0) return [{ ...base, fields: [] }, ...headerBlock]
        return [
          ...media.flatMap((type, i): Block[] => {
            const at = found.pointer + pointerOf('content', type)
            const schema = at + pointerOf('schema')
            const has =
              this.schemas.resolve(schema).value !== undefined ||
              obj(obj(value['content'])[type])['schema'] !== undefined
            return [
              {
                ...base,
                about: i === 0 ? about : undefined,
                note: [type, has ? this.schemas.type(schema) : undefined].filter(Boolean).join(' · '),
                fields: has ? this.schemas.children(schema, 1) : [],
              },
              ...this.examples(at, 'Responses'),
            ]
          }),
          ...headerBlock,
        ]
      })
  }

  private examples(media: string, section: string): Block[] {
    const value = obj(this.schemas.resolve(media).value)
    const many = Object.keys(obj(value['examples']))
      .slice(0, 4)
      .map((name): Block | undefined => {
        const example = obj(this.schemas.resolve(media + pointerOf('examples', name)).value)
        const body = own(example, 'value') ?? own(example, 'dataValue')
        return body === undefined
          ? undefined
          : { kind: 'code', section, title: firstLine(example['summary']) ?? name, ...shown(body) }
      })
    const one = own(value, 'example')
    if (one !== undefined) many.push({ kind: 'code', section, title: 'Example', ...shown(one) })
    return many.filter((b): b is Block => b !== undefined)
  }

  private callbacks(operation: Obj): Block[] {
    const facts = entries(operation['callbacks']).flatMap(([name, value]) =>
      Object.keys(obj(value))
        .slice(0, 20)
        .flatMap((expression) =>
          methods
            .filter((m) => isObj(own(own(value, expression), m)))
            .map((m): Fact => ({ term: name, value: `${m.toUpperCase()} ${expression}`, code: true })),
        ),
    )
    return facts.length > 0 ? [{ kind: 'facts', section: 'Calls back', facts }] : []
  }

  private command(operation: Operation, pointer: string, value: Obj, parameters: Parameter[]): string {
    const server = this.servers(pointer, operation.item)[0] ?? ''
    const body = this.body(pointer, value, parameters)
    const { bodyAt } = this.bodyPlace(pointer, value, parameters)
    return curl({
      method: operation.method,
      url: (server.startsWith('http') ? '' : 'https://HOST') + server.replace(/\/$/, '') + operation.path,
      query: parameters.filter((p) => p.in === 'query' && p.value['required'] === true).map((p) => p.name),
      headers: [
        ...parameters.filter((p) => p.in === 'header' && p.value['required'] === true).map((p) => `${p.name}: …`),
        ...this.credentials(own(value, 'security') !== undefined ? value : this.root)
          .filter((need) => need.in === 'header')
          .map((need) => `${need.name}: ${need.command}`),
      ],
      media: body?.parts ? undefined : body?.media,
      body: bodyAt && body && !body.file && !body.parts ? this.bodySample(bodyAt) : undefined,
      parts: body?.parts,
      file: body?.file,
    })
  }

  private bodyPlace(pointer: string, value: Obj, parameters: Parameter[]) {
    const media = this.two
      ? (str(list(value['consumes'] ?? this.root['consumes'])[0]) ?? 'application/json')
      : this.firstMedia(pointer)
    const bodyAt = this.two
      ? parameters.find((p) => p.in === 'body')?.pointer
      : media
        ? this.schemas.resolve(pointer + pointerOf('requestBody')).pointer + pointerOf('content', media)
        : undefined
    return { media, bodyAt }
  }

  private firstMedia(pointer: string): string | undefined {
    const all = Object.keys(obj(own(this.schemas.resolve(pointer + pointerOf('requestBody')).value, 'content')))
    return all.find((m) => m.includes('json')) ?? all[0]
  }

  private bodySample(at: string): string {
    const media = obj(this.schemas.resolve(at).value)
    const named = Object.keys(obj(media['examples']))[0]
    const example =
      own(media, 'example') ??
      (named === undefined ? undefined : own(this.schemas.resolve(at + pointerOf('examples', named)).value, 'value'))
    const body = example ?? this.schemas.sample(at + pointerOf('schema'))
    return typeof body === 'string' ? body.slice(0, 4_000) : json(body, 400)
  }

  /** What says who asks: of the first way in that the definition names. */
  private credentials(where: Obj): (RequestParameter & { command: string })[] {
    const schemes = this.two
      ? obj(this.root['securityDefinitions'])
      : obj(obj(this.root['components'])['securitySchemes'])
    const need = list(where['security'])[0]
    return Object.keys(obj(need)).flatMap((name) => {
      const scheme = obj(this.schemas.follow(own(schemes, name), '').value)
      const type = str(scheme['type'])
      const place = str(scheme['in'])
      const made = (at: 'header' | 'query' | 'cookie', key: string, hint: string, command: string) => [
        { in: at, name: key, hint, command, value: '', secret: true },
      ]
      if (type === 'apiKey' && (place === 'header' || place === 'query' || place === 'cookie'))
        return made(place, str(scheme['name'], 100) ?? name, 'the key', '$KEY')
      if (type === 'basic' || (type === 'http' && str(scheme['scheme'])?.toLowerCase() === 'basic'))
        return made('header', 'Authorization', 'Basic …', 'Basic $CREDENTIALS')
      return ['http', 'oauth2', 'openIdConnect'].includes(type ?? '')
        ? made('header', 'Authorization', 'Bearer …', 'Bearer $TOKEN')
        : []
    })
  }
}

interface Parameter {
  in: string
  name: string
  pointer: string
  value: Obj
  field: Field
}

const places = [
  ['path', 'In the path'],
  ['query', 'Query'],
  ['querystring', 'Query'],
  ['header', 'Headers'],
  ['cookie', 'Cookies'],
  ['formData', 'Form'],
] as const

function statusTone(status: string): 'good' | 'bad' | undefined {
  if (/^[23]/.test(status)) return 'good'
  return /^[45]/.test(status) ? 'bad' : undefined
}
