// What OpenAPI and AsyncAPI write alike: who is behind a definition, where more is written, and schemas by name.
import type { Block, Entry, Fact } from './model.ts'
import type { Schemas } from './schema.ts'
import { firstLine, json, list, obj, own, safeHref, str, type Obj } from './value.ts'

export function shown(value: unknown): { language: 'json' | 'plain'; code: string } {
  return typeof value === 'string'
    ? { language: 'plain', code: str(value, 20_000) ?? '' }
    : { language: 'json', code: json(value) }
}

export function infoFacts(info: Obj): Fact[] {
  const contact = obj(info['contact'])
  const license = obj(info['license'])
  const out: Fact[] = []
  const email = str(contact['email'], 200)
  const name = str(contact['name'], 200) ?? email ?? str(contact['url'], 200)
  if (name)
    out.push({ term: 'Contact', value: name, href: safeHref(contact['url']) ?? safeHref(email && `mailto:${email}`) })
  const licensed = str(license['name'], 200) ?? str(license['identifier'], 200)
  if (licensed) out.push({ term: 'Licence', value: licensed, href: safeHref(license['url']) })
  const terms = str(info['termsOfService'], 300)
  if (terms) out.push({ term: 'Terms', value: terms, href: safeHref(terms) })
  return out
}

export function docsFact(value: unknown): Fact[] {
  const url = str(own(value, 'url'), 300)
  return url ? [{ term: 'Documentation', value: firstLine(own(value, 'description')) ?? url, href: safeHref(url) }] : []
}

export function schemaEntry(schemas: Schemas, id: string, pointer: string): Entry {
  const found = schemas.resolve(pointer)
  const field = schemas.field('', pointer)
  const blocks: Block[] = []
  if (field.notes.length > 0)
    blocks.push({ kind: 'facts', facts: field.notes.map((value) => ({ term: 'Rule', value })) })
  blocks.push({ kind: 'fields', title: 'Fields', note: field.type, fields: schemas.children(pointer, 2) })
  const example = own(found.value, 'example') ?? list(own(found.value, 'examples'))[0] ?? schemas.sample(pointer)
  blocks.push({ kind: 'code', title: 'Example', ...shown(example) })
  return {
    id,
    title: str(own(found.value, 'title'), 200) ?? id.replace(/^\S+ /, ''),
    code: id.replace(/^\S+ /, ''),
    deprecated: field.deprecated,
    about: field.about,
    blocks,
  }
}
