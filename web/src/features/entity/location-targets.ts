import { strings, type Entity } from '../../lib/entity.ts'

/** The targets of a Location entity as they are written. */
function targetsOf(entity: Entity): string[] {
  return [...strings(entity.spec?.['target']), ...strings(entity.spec?.['targets'])]
}

export interface Target {
  /** As it is written. */
  written: string
  /** The location of the file, as the catalog notes it at what the file declares. */
  location: string
  /** Leads to many files, which only the catalog knows. */
  pattern: boolean
}

/** The targets of a Location entity, each with where it leads. */
export function leadsTo(entity: Entity): Target[] {
  const at = entity.metadata.annotations?.['backstage.io/managed-by-location'] ?? ''
  const colon = at.indexOf(':')
  const [type, base] = [at.slice(0, colon), at.slice(colon + 1)]
  const own = strings(entity.spec?.['type'])[0] ?? type
  return targetsOf(entity).map((written) => ({
    written,
    location: `${own}:${absolute(written, base)}`,
    pattern: written.includes('*'),
  }))
}

/** The locations of the files that a Location entity leads to, without those that only a pattern leads to. */
export function locationsOf(entity: Entity): string[] {
  return leadsTo(entity)
    .filter(({ pattern }) => !pattern)
    .map(({ location }) => location)
}

/** Whether a target leads to a file. In a pattern `**` stands for any folders, `*` for a part of a name. */
export function leadsThere({ location, pattern }: Target, file: string): boolean {
  if (!pattern) return location === file
  const named = (want: string, name: string) => fits([...want], [...name], '*', (a, b) => a === b)
  return fits(location.split('/'), file.split('/'), '**', named)
}

/** Whether a list fits a pattern in which `any` stands for any number of items. Goes back to the last `any` alone, so it ends soon. */
function fits(pattern: string[], list: string[], any: string, same: (want: string, item: string) => boolean): boolean {
  let [p, i, back, from] = [0, 0, -1, 0]
  while (i < list.length) {
    const want = pattern[p]
    if (want === any) {
      back = p++
      from = i
    } else if (want !== undefined && same(want, list[i] ?? '')) {
      p++
      i++
    } else if (back >= 0) {
      p = back + 1
      i = ++from
    } else return false
  }
  while (pattern[p] === any) p++
  return p === pattern.length
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

/** What asks how many entities come from the source to which it belongs. */
export function originBody(entity: Entity): object | undefined {
  const origin = entity.metadata.annotations?.['backstage.io/managed-by-origin-location']
  return origin
    ? { query: { 'metadata.annotations.backstage.io/managed-by-origin-location': origin }, limit: 0 }
    : undefined
}
