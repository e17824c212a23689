import type { Block, Entry, Field, Group, Item, Outline, Reading } from './model.ts'
import { readOpenApi } from './openapi.ts'
import { schemaNote, Schemas } from './schema.ts'
import { schemaEntry } from './shared.ts'
import { entries, firstLine, isObj, json, own, pointerOf, prose, str, type Obj } from './value.ts'

type Sort = 'operation' | 'path' | 'schema' | 'response' | 'parameter' | 'message' | 'server' | 'example' | 'other'

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

const groupNames: [Sort, string][] = [
  ['response', 'Responses'],
  ['message', 'Messages'],
  ['server', 'Servers'],
  ['parameter', 'Parameters'],
  ['schema', 'Schemas'],
  ['example', 'Examples'],
  ['other', 'Other parts'],
]

const types = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']

function sortOf(value: unknown): Sort | undefined {
  if (!isObj(value)) return undefined
  if (isObj(value['responses']) || (str(value['operationId']) && value['parameters'] !== undefined)) return 'operation'
  if (methods.some((m) => isObj(value[m]) && sortOf(value[m]) === 'operation')) return 'path'
  if (methods.some((m) => str(own(value[m], '$ref')))) return 'path'
  if (typeof value['in'] === 'string' && typeof value['name'] === 'string') return 'parameter'
  if (typeof value['host'] === 'string' && typeof value['protocol'] === 'string') return 'server'
  if (value['payload'] !== undefined) return 'message'
  if (isObj(value['content']) && sortOf(value['content']) === undefined) return 'response'
  if (isSchema(value)) return 'schema'
  if (own(value, 'value') !== undefined) return 'example'
  if (isObj(value['headers']) || (typeof value['description'] === 'string' && Object.keys(value).length === 1))
    return 'response'
  return undefined
}

function isSchema(value: Obj): boolean {
  const type = value['type']
  if ((typeof type === 'string' && types.includes(type)) || Array.isArray(type)) return true
  if (typeof value['$ref'] === 'string') return true
  if (isObj(value['properties']) || isObj(value['additionalProperties'])) return true
  return ['allOf', 'oneOf', 'anyOf', 'enum'].some((key) => Array.isArray(value[key])) || isObj(value['items'])
}

/** Reads a file that a larger definition refers to: an operation, a path, schemas, answers. Undefined when it is none. */
export function readPart(root: unknown): Reading | undefined {
  if (!isObj(root)) return undefined
  const sort = sortOf(root)
  if (sort === 'operation' || sort === 'path') return readPath(root, sort)
  if (sort !== undefined) return new Part(root, new Map([['', sort]]))
  const inner = new Map<string, Sort>()
  const take = (value: Obj, pointer: string, depth: number) => {
    for (const [key, child] of entries(value)) {
      const found = sortOf(child)
      const at = pointer + pointerOf(key)
      if (found === 'operation' || found === 'path') paths.set(key, child)
      else if (found !== undefined) inner.set(at, found)
      else if (isObj(child) && depth < 2 && Object.values(child).some(isObj)) take(child, at, depth + 1)
      else inner.set(at, 'other')
    }
  }
  const paths = new Map<string, unknown>()
  take(root, '', 0)
  if (paths.size > 0) return readPaths(root, paths)
  return [...inner.values()].some((s) => s !== 'other') ? new Part(root, inner) : undefined
}

function readPath(root: Obj, sort: 'operation' | 'path'): Reading {
  const name =
    sort === 'operation' ? (str(root['operationId'], 200) ?? firstLine(root['summary']) ?? 'operation') : 'path'
  return readPaths(root, new Map([[name, sort === 'operation' ? { additionalOperations: { part: root } } : root]]))
}

/** As a definition with these paths alone. Its own keys stay, so that references within the file still find what they name. */
function readPaths(root: Obj, paths: Map<string, unknown>): Reading {
  const items = [...paths].map(
    ([key, value]) => [key, sortOf(value) === 'operation' ? { additionalOperations: { part: value } } : value] as const,
  )
  const made: Obj = { ...root, paths: Object.fromEntries(items), info: {}, tags: [], servers: [] }
  const reading = readOpenApi(made)
  return {
    outline: { ...reading.outline, ...about(root), sort: 'part', format: 'Part of a definition' },
    entry: (id) => reading.entry(id),
    fields: (key) => reading.fields(key),
  }
}

function about(root: Obj): Pick<Outline, 'title' | 'about' | 'notes'> {
  return {
    title: firstLine(root['title']),
    about: undefined,
    notes: ['This is a part of a definition. What it names in other files is not here.'],
  }
}

class Part implements Reading {
  readonly outline: Outline
  private readonly schemas: Schemas
  private readonly pointers = new Map<string, { sort: Sort; pointer: string }>()

  constructor(
    private readonly root: Obj,
    parts: Map<string, Sort>,
  ) {
    this.schemas = new Schemas(root)
    const groups = groupNames
      .map(([sort, name]): Group => ({
        name,
        items: [...parts].filter(([, s]) => s === sort).map(([pointer]) => this.itemOf(sort, pointer)),
      }))
      .filter((g) => g.items.length > 0)
    this.outline = {
      sort: 'part',
      format: 'Part of a definition',
      ...about(root),
      facts: [],
      groups,
      noun: ['part', 'parts'],
    }
  }

  private itemOf(sort: Sort, pointer: string): Item {
    const { value } = this.schemas.resolve(pointer)
    const key = pointer.split('/').at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~')
    const label = key || str(own(value, 'title'), 200) || sort
    let id = `${sort} ${label}`
    if (this.pointers.has(id)) id = `${sort} ${pointer}`
    this.pointers.set(id, { sort, pointer })
    return { id, label, note: schemaNote(value), deprecated: own(value, 'deprecated') === true || undefined }
  }

  entry(id: string): Entry | undefined {
    const found = this.pointers.get(id)
    if (!found) return undefined
    const { sort, pointer } = found
    if (sort === 'schema') return { ...schemaEntry(this.schemas, id, pointer), title: this.label(id, pointer) }
    const value = this.schemas.resolve(pointer).value
    const blocks: Block[] = []
    if (sort === 'parameter' && isObj(own(value, 'schema')))
      blocks.push({
        kind: 'fields',
        title: 'Value',
        note: this.schemas.type(pointer + pointerOf('schema')),
        fields: [
          this.schemas.field(
            str(own(value, 'name'), 200) ?? '',
            pointer + pointerOf('schema'),
            own(value, 'required') === true,
          ),
        ],
      })
    for (const media of Object.keys(isObj(own(value, 'content')) ? (own(value, 'content') as Obj) : {}).slice(0, 12)) {
      const schema = pointer + pointerOf('content', media, 'schema')
      blocks.push({
        kind: 'fields',
        title: 'Body',
        note: `${media} · ${this.schemas.type(schema)}`,
        fields: this.schemas.children(schema, 2),
      })
    }
    for (const part of ['headers', 'payload'])
      if (isObj(own(value, part)) && sort !== 'server') {
        const plain = part === 'headers' && sort === 'response'
        const names = Object.keys(own(value, part) as Obj)
        const fields = plain
          ? names.slice(0, 100).map((n) => this.schemas.field(n, pointer + pointerOf(part, n)))
          : this.schemas.children(pointer + pointerOf(part), 2)
        blocks.push({ kind: 'fields', title: part === 'headers' ? 'Headers' : 'Payload', fields })
      }
    blocks.push({ kind: 'code', title: 'As written', language: 'json', code: json(value) })
    return { id, title: this.label(id, pointer), about: prose(own(value, 'description')), blocks }
  }

  private label(id: string, pointer: string): string {
    return pointer === '' ? (str(own(this.root, 'title'), 200) ?? 'The schema') : id.slice(id.indexOf(' ') + 1)
  }

  fields(key: string): Field[] {
    return this.schemas.children(key, 1)
  }
}
