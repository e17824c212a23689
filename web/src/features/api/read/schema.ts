import type { Field } from './model.ts'
import {
  at,
  entries,
  firstLine,
  inlineJson,
  isObj,
  list,
  obj,
  own,
  pointerOf,
  pointerParts,
  prose,
  str,
  type Obj,
} from './value.ts'

/** A value after its references were followed: where it really stands, or the other file that has it. */
export interface Resolved {
  value: unknown
  pointer: string
  /** Last name of the last reference that was followed. */
  name?: string | undefined
  /** A reference out of the document, as it was written. */
  elsewhere?: string | undefined
  /** A reference to something that is not there, or only to itself. */
  dangling?: string | undefined
}

const MOST_REFS = 20
const MOST_CHILDREN = 500
const MOST_PARTS = 60

/** Reads JSON Schema as OpenAPI, AsyncAPI and MCP write it, a level at a time, so that circles and depth cost nothing. */
export class Schemas {
  constructor(private readonly root: unknown) {}

  resolve(pointer: string): Resolved {
    return this.follow(at(this.root, pointer), pointer)
  }

  follow(value: unknown, pointer: string): Resolved {
    let name: string | undefined
    for (let step = 0; step < MOST_REFS; step++) {
      const ref = refOf(value)
      if (ref === undefined) return { value, pointer, name }
      name = refName(ref)
      if (!ref.startsWith('#')) return { value: undefined, pointer, name, elsewhere: str(ref, 300) }
      pointer = decode(ref.slice(1))
      value = pointer === '' ? this.root : at(this.root, pointer)
      if (value === undefined) return { value, pointer, name, dangling: str(ref, 300) }
    }
    return { value: undefined, pointer, name, dangling: 'a reference that leads in a circle' }
  }

  /** One schema as a field. Nothing below it is looked at, but whether there is anything. */
  field(name: string, pointer: string, required = false): Field {
    const written = at(this.root, pointer)
    const found = this.follow(written, pointer)
    const schema = obj(found.value)
    // Beside a reference of 3.1 may stand words of its own; they say more of this place.
    const here = obj(written)
    return {
      name: str(name, 200) ?? '',
      type: this.type(pointer),
      to: this.linkOf(pointer),
      required: required || undefined,
      deprecated: schema['deprecated'] === true || here['deprecated'] === true || undefined,
      about: prose(here['description']) ?? prose(schema['description']) ?? undefined,
      notes: [...constraints(schema), ...fate(found)],
      more: this.hasMore(found) ? pointer : undefined,
    }
  }

  /** The fields below a schema; with `depth`, also those below them, while they are few and no circle. */
  children(pointer: string, depth = 0, budget = { left: 120 }, above: string[] = []): Field[] {
    const found = this.resolve(pointer)
    const path = [...above, found.pointer]
    const fields = this.below(found)
    if (depth > 0) {
      for (const field of fields) {
        if (!field.more || budget.left <= 0) continue
        const next = this.resolve(field.more)
        if (path.includes(next.pointer)) continue
        const inner = this.children(field.more, depth - 1, budget, path)
        budget.left -= inner.length
        if (budget.left >= 0) field.fields = inner
      }
    }
    return fields
  }

  private below(found: Resolved, seen: string[] = []): Field[] {
    const { pointer } = found
    if (!isObj(found.value) || seen.includes(pointer) || seen.length > 12) return []
    const schema = found.value
    const inner = [...seen, pointer]
    const out: Field[] = []
    const required = new Set(list(schema['required']).map(String))
    for (const key of Object.keys(obj(schema['properties']))) {
      if (out.length >= MOST_CHILDREN) break
      out.push(this.field(key, pointer + pointerOf('properties', key), required.has(key)))
    }
    list(schema['allOf'])
      .slice(0, MOST_PARTS)
      .forEach((_, i) => {
        const part = this.resolve(pointer + pointerOf('allOf', i))
        if (part.elsewhere ?? part.dangling) out.push({ name: 'and all of', type: part.name, notes: fate(part) })
        for (const field of this.below(part, inner)) {
          const had = out.findIndex((f) => f.name === field.name)
          if (had >= 0) out[had] = field
          else if (out.length < MOST_CHILDREN) out.push(field)
        }
      })
    // What a part of allOf requires may be named beside it.
    for (const field of out) if (required.has(field.name)) field.required = true
    for (const word of ['oneOf', 'anyOf'] as const) {
      const parts = list(schema[word])
      parts.slice(0, MOST_PARTS).forEach((_, i) => {
        const at = pointer + pointerOf(word, i)
        out.push(this.field(word === 'oneOf' ? `option ${String(i + 1)}` : `any ${String(i + 1)}`, at))
      })
    }
    for (const key of Object.keys(obj(schema['patternProperties'])).slice(0, MOST_PARTS))
      out.push(this.field(`[${key}]`, pointer + pointerOf('patternProperties', key)))
    if (isObj(schema['additionalProperties']))
      out.push(this.field('[any key]', pointer + pointerOf('additionalProperties')))
    list(schema['prefixItems'])
      .slice(0, MOST_PARTS)
      .forEach((_, i) => out.push(this.field(`[${String(i)}]`, pointer + pointerOf('prefixItems', i))))
    if (isObj(schema['items'])) {
      // A list of things shows the fields of the thing; a list of plain values has nothing below.
      out.push(...this.below(this.resolve(pointer + pointerOf('items')), inner))
    } else {
      list(schema['items'])
        .slice(0, MOST_PARTS)
        .forEach((_, i) => out.push(this.field(`[${String(i)}]`, pointer + pointerOf('items', i))))
    }
    if (isObj(schema['not'])) out.push(this.field('not', pointer + pointerOf('not')))
    return out
  }

  private hasMore({ value }: Resolved, depth = 0): boolean {
    if (!isObj(value) || depth > 8) return false
    if (['properties', 'patternProperties'].some((k) => Object.keys(obj(value[k])).length > 0)) return true
    if (['oneOf', 'anyOf', 'prefixItems'].some((k) => list(value[k]).length > 0)) return true
    if (isObj(value['additionalProperties']) || isObj(value['not'])) return true
    if (Array.isArray(value['items'])) return value['items'].length > 0
    if (isObj(value['items'])) return this.hasMore(this.follow(value['items'], ''), depth + 1)
    return list(value['allOf'])
      .slice(0, MOST_PARTS)
      .some((part) => this.hasMore(this.follow(part, ''), depth + 1))
  }

  /** The type in words: "array of Pet", "string (uuid) or null". */
  type(pointer: string): string {
    return this.words(at(this.root, pointer), 0)
  }

  private words(written: unknown, depth: number): string {
    if (written === true) return 'anything'
    if (written === false) return 'nothing'
    const found = this.follow(written, '')
    if (found.name) return found.name
    const schema = obj(found.value)
    if (depth > 6) return 'object'
    const either = [...list(schema['oneOf']), ...list(schema['anyOf'])]
    if (either.length > 0) {
      if (either.length > 4) return `one of ${String(either.length)}`
      return [...new Set(either.map((part) => this.words(part, depth + 1)))].join(' or ')
    }
    const types = Array.isArray(schema['type']) ? schema['type'].map(String) : [str(schema['type'], 40)]
    const type = types.map((t) => this.typeName(t, schema, depth)).filter(Boolean)
    const words = type.length > 0 ? type.join(' or ') : this.untyped(schema, depth)
    return schema['nullable'] === true ? `${words} or null` : words
  }

  private typeName(type: string | undefined, schema: Obj, depth: number): string | undefined {
    if (type === 'array') {
      return isObj(schema['items']) ? `array of ${this.words(schema['items'], depth + 1)}` : 'array'
    }
    const rest = schema['additionalProperties']
    if (type === 'object' && isObj(rest) && !isObj(schema['properties'])) return `map of ${this.words(rest, depth + 1)}`
    const format = str(schema['format'], 40)
    return type && format ? `${type} (${format})` : type
  }

  private untyped(schema: Obj, depth: number): string {
    const parts = list(schema['allOf'])
    if (parts.length > 0) {
      const names = parts.slice(0, 3).map((part) => this.follow(part, '').name)
      const named = names.filter((n): n is string => n !== undefined)
      return named.length > 0 ? named.join(' and ') : this.words(parts[0], depth + 1)
    }
    if (isObj(schema['properties']) || isObj(schema['additionalProperties'])) return 'object'
    if (schema['items'] !== undefined) return this.typeName('array', schema, depth) ?? 'array'
    if (own(schema, 'const') !== undefined) return typeof schema['const']
    if (Array.isArray(schema['enum'])) return 'enum'
    return 'anything'
  }

  /** The entry of a named schema that a field leads to, also through a list. */
  linkOf(pointer: string): string | undefined {
    let value = at(this.root, pointer)
    for (let depth = 0; depth < 4; depth++) {
      const ref = refOf(value)
      if (ref !== undefined) return schemaId(ref)
      if (!isObj(value)) return undefined
      value = value['items'] ?? value['additionalProperties']
    }
    return undefined
  }

  /** An example, made of what the schema says. Ends after so many parts. */
  sample(pointer: string, budget = { left: 200 }, above: string[] = []): unknown {
    const found = this.resolve(pointer)
    const schema = obj(found.value)
    const here = found.pointer
    if (--budget.left < 0 || above.length > 8 || above.filter((p) => p === here).length > 0) return null
    const path = [...above, here]
    for (const key of ['example', 'default', 'const']) if (own(schema, key) !== undefined) return schema[key]
    const first = list(schema['examples'])[0] ?? list(schema['enum'])[0]
    if (first !== undefined) return first
    for (const word of ['oneOf', 'anyOf'])
      if (list(schema[word]).length > 0) return this.sample(here + pointerOf(word, 0), budget, path)
    const type = Array.isArray(schema['type']) ? schema['type'].find((t) => t !== 'null') : schema['type']
    const parts = list(schema['allOf'])
    if (parts.length > 0 || isObj(schema['properties'])) {
      const out = new Map<string, unknown>()
      for (let i = 0; i < Math.min(parts.length, MOST_PARTS); i++) {
        for (const [key, value] of entries(this.sample(here + pointerOf('allOf', i), budget, path))) out.set(key, value)
      }
      for (const key of Object.keys(obj(schema['properties']))) {
        const at = here + pointerOf('properties', key)
        if (budget.left <= 0) break
        if (obj(this.resolve(at).value)['readOnly'] !== true) out.set(key, this.sample(at, budget, path))
      }
      return Object.fromEntries(out)
    }
    if (type === 'array') return isObj(schema['items']) ? [this.sample(here + pointerOf('items'), budget, path)] : []
    if (type === 'object') return {}
    return plainSample(String(type ?? ''), str(schema['format']))
  }
}

function plainSample(type: string, format: string | undefined): unknown {
  if (type === 'integer' || type === 'number') return 0
  if (type === 'boolean') return true
  const byFormat: Record<string, string> = {
    date: '2026-01-31',
    'date-time': '2026-01-31T12:00:00Z',
    uuid: '00000000-0000-0000-0000-000000000000',
    email: 'name@example.com',
    uri: 'https://example.com',
    url: 'https://example.com',
  }
  return (format && byFormat[format]) ?? 'string'
}

function refOf(value: unknown): string | undefined {
  const ref = own(value, '$ref')
  return typeof ref === 'string' ? ref : undefined
}

function decode(pointer: string): string {
  try {
    return decodeURIComponent(pointer)
  } catch {
    return pointer
  }
}

/** `#/components/schemas/Pet` → `Pet`; `models/pet.yml` → `pet`. */
function refName(ref: string): string {
  const parts = pointerParts(`/${decode(ref).replaceAll('#', '/')}`)
  const last = parts.filter(Boolean).at(-1) ?? ref
  return str(last.replace(/\.(ya?ml|json)$/i, ''), 100) ?? ref
}

const schemaHomes = /^#\/(?:components\/schemas|definitions|\$defs)\/([^/]+)$/

function schemaId(ref: string): string | undefined {
  const name = schemaHomes.exec(ref)?.[1]
  return name === undefined ? undefined : `schema ${pointerParts(`/${decode(name)}`)[0] ?? ''}`
}

function fate(found: Resolved): string[] {
  if (found.elsewhere) return [`written in another file: ${found.elsewhere}`]
  if (found.dangling) return [`points at nothing: ${found.dangling}`]
  return []
}

/** What a schema asks of a value, each in a few words. */
function constraints(schema: Obj): string[] {
  const out: string[] = []
  const say = (key: string, words: (value: string) => string) => {
    const value = own(schema, key)
    if (typeof value === 'number' || typeof value === 'string') out.push(words(str(value, 120) ?? ''))
  }
  const values = list(schema['enum'])
  if (values.length > 0) {
    const shown = values.slice(0, 30).map((v) => inlineJson(v, 60))
    out.push(`one of ${shown.join(', ')}${values.length > 30 ? ` and ${String(values.length - 30)} more` : ''}`)
  }
  if (own(schema, 'const') !== undefined) out.push(`always ${inlineJson(schema['const'], 60)}`)
  if (own(schema, 'default') !== undefined) out.push(`default ${inlineJson(schema['default'], 80)}`)
  say('minimum', (v) => `at least ${v}`)
  say('maximum', (v) => `at most ${v}`)
  say('exclusiveMinimum', (v) => `more than ${v}`)
  say('exclusiveMaximum', (v) => `less than ${v}`)
  say('multipleOf', (v) => `a multiple of ${v}`)
  say('minLength', (v) => `${counted(v, 'character')} or more`)
  say('maxLength', (v) => `${v} characters or fewer`)
  say('pattern', (v) => `matches ${v}`)
  say('minItems', (v) => `${counted(v, 'item')} or more`)
  say('maxItems', (v) => `${v} items or fewer`)
  say('contentEncoding', (v) => `encoded as ${v}`)
  if (schema['uniqueItems'] === true) out.push('no item twice')
  if (schema['readOnly'] === true) out.push('only in answers')
  if (schema['writeOnly'] === true) out.push('only in requests')
  const by = str(own(schema['discriminator'], 'propertyName')) ?? str(schema['discriminator'])
  if (by) out.push(`told apart by ${by}`)
  const example = own(schema, 'example') ?? list(schema['examples'])[0]
  if (example !== undefined) out.push(`for example ${inlineJson(example, 80)}`)
  return out
}

/** One line of a schema for a list. */
export function schemaNote(schema: unknown): string | undefined {
  return firstLine(own(schema, 'description')) ?? firstLine(own(schema, 'title'))
}

const counted = (n: unknown, one: string): string => `${String(n)} ${one}${Number(n) === 1 ? '' : 's'}`
