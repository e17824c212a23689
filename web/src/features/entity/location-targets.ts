import { strings, type Entity } from '../../lib/entity.ts'

/** The targets of a Location entity as they are written. */
export function targetsOf(entity: Entity): string[] {
  return [...strings(entity.spec?.['target']), ...strings(entity.spec?.['targets'])]
}

/**
 * The locations of the files that a Location entity leads to, as the catalog notes them at what they declare. A pattern
 * leads to many, which only the catalog knows, so it is left out.
 */
export function locationsOf(entity: Entity): string[] {
  const at = entity.metadata.annotations?.['backstage.io/managed-by-location'] ?? ''
  const colon = at.indexOf(':')
  const [type, base] = [at.slice(0, colon), at.slice(colon + 1)]
  const own = strings(entity.spec?.['type'])[0] ?? type
  return targetsOf(entity)
    .filter((target) => !target.includes('*'))
    .map((target) => `${own}:${absolute(target, base)}`)
}

function absolute(target: string, base: string): string {
  if (/^[a-z]+:\/\//i.test(target) || target.startsWith('/')) return target
  if (URL.canParse(base) && /^https?:/.test(base)) return new URL(target, base).href
  // A path: what URLs do with dots is what paths do.
  return decodeURI(new URL(encodeURI(target), `file://${encodeURI(base)}`).pathname)
}

/** What asks the catalog for the entities that come from it: all of a location of the catalog's own, else those of its files. */
export function yieldedBody(entity: Entity, own: boolean): object | undefined {
  const fields = ['kind', 'metadata.name', 'metadata.namespace']
  const orderBy = [
    { field: 'kind', order: 'asc' },
    { field: 'metadata.name', order: 'asc' },
  ]
  if (own) {
    const target = targetsOf(entity)[0]
    const origin = `${strings(entity.spec?.['type'])[0] ?? 'url'}:${target ?? ''}`
    return {
      query: { 'metadata.annotations.backstage.io/managed-by-origin-location': origin },
      fields,
      orderBy,
      limit: 200,
    }
  }
  const locations = locationsOf(entity)
  if (locations.length === 0) return undefined
  return {
    query: { 'metadata.annotations.backstage.io/managed-by-location': { $in: locations } },
    fields,
    orderBy,
    limit: 200,
  }
}
