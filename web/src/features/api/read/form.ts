import type { RequestPart } from './model.ts'
import { given } from './request.ts'
import type { Schemas } from './schema.ts'
import { isObj, list, obj, own, pointerOf, str, type Obj } from './value.ts'

const MOST_PARTS = 100

/** What a body of multipart/form-data is put together of. */
export function formParts(schemas: Schemas, schemaAt: string, encoding: unknown): RequestPart[] {
  return [...propertiesOf(schemas, schemaAt)].slice(0, MOST_PARTS).map(([name, { pointer, required }]) => {
    const schema = obj(schemas.resolve(pointer).value)
    const items = isObj(schema['items'])
      ? obj(schemas.resolve(pointerBelow(schemas, pointer, 'items')).value)
      : undefined
    const file = isFile(schema) ? 'one' : items && isFile(items) ? 'many' : undefined
    const said = str(own(own(encoding, name), 'contentType'), 100)
    return {
      name,
      required: required || undefined,
      hint: file ? fileHint(file, said) : schemas.type(pointer),
      value: file ? '' : given({}, schema),
      file,
      media: file ? undefined : partMedia(said, schema, items),
    }
  })
}

function fileHint(file: 'one' | 'many', media: string | undefined): string {
  return [file === 'one' ? 'file' : 'files', media].filter(Boolean).join(' · ')
}

/** Whether the body is one file, as it is. */
export function isFileBody(media: string, schema: Obj): boolean {
  if (isFile(schema)) return true
  if (schema['type'] !== undefined && schema['format'] !== undefined) return false
  return /^(image|audio|video|font)\/(?!svg)|^application\/(octet-stream|pdf|zip|gzip|x-tar|x-gzip|vnd\.ms-)/i.test(
    media,
  )
}

function isFile(schema: Obj): boolean {
  const types = Array.isArray(schema['type']) ? schema['type'] : [schema['type']]
  if (types.includes('file')) return true
  if (!types.includes('string') && schema['type'] !== undefined) return false
  const media = str(schema['contentMediaType'], 100)
  return (
    str(schema['format'], 40) === 'binary' ||
    (media !== undefined && schema['contentEncoding'] === undefined && !/^text\/|json|xml/i.test(media))
  )
}

/** How a part says what it is, where that is not plain text: by what the definition names, else as JSON where it is an object. */
function partMedia(said: string | undefined, schema: Obj, items: Obj | undefined): string | undefined {
  const named = said?.split(',')[0]?.trim()
  if (named !== undefined && !named.includes('*') && named !== 'text/plain') return named
  const object = (s: Obj | undefined) => s !== undefined && (s['type'] === 'object' || isObj(s['properties']))
  return named === undefined && (object(schema) || object(items)) ? 'application/json' : undefined
}

function propertiesOf(
  schemas: Schemas,
  at: string,
  depth = 0,
  out = new Map<string, { pointer: string; required: boolean }>(),
) {
  const { value, pointer } = schemas.resolve(at)
  const required = new Set(list(own(value, 'required')).map(String))
  for (const name of Object.keys(obj(own(value, 'properties'))).slice(0, MOST_PARTS))
    out.set(name, { pointer: pointer + pointerOf('properties', name), required: required.has(name) })
  if (depth < 6)
    list(own(value, 'allOf'))
      .slice(0, 20)
      .forEach((_, i) => propertiesOf(schemas, pointer + pointerOf('allOf', i), depth + 1, out))
  for (const name of required) {
    const had = out.get(name)
    if (had) had.required = true
  }
  return out
}

function pointerBelow(schemas: Schemas, pointer: string, key: string): string {
  return schemas.resolve(pointer).pointer + pointerOf(key)
}
