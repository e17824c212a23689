import { isPath } from './catalog-search.ts'

/**
 * The columns that the page knows, apart from how they are drawn: what they are called, which fields they need, and by
 * what they are sorted. Any other column is the path of a field.
 */
export interface ColumnFacts {
  head: string
  fields: string[]
  /** Its names in an exported table, where it has others. */
  exported?: string[]
  /** What `sort=` says for it; nothing where the catalog has no order for it. */
  sort?: string
}

/** When an entity became what it is; the catalog says so only where it is asked for by this name. */
export const CHANGED = 'portico.changedAt'

/** Says that nobody declared the owner: it was inferred, and nobody confirmed it. */
export const INFERRED_OWNER = 'metadata.annotations.portico.dev/owner-inferred'

const known: Record<string, ColumnFacts> = {
  owner: { head: 'Owner', fields: ['spec.owner', INFERRED_OWNER], sort: 'owner' },
  system: { head: 'System', fields: ['spec.system'], sort: 'spec.system' },
  domain: { head: 'Domain', fields: ['spec.domain'], sort: 'spec.domain' },
  type: { head: 'Type', fields: ['spec.type'], sort: 'type' },
  lifecycle: { head: 'Lifecycle', fields: ['spec.lifecycle'], sort: 'lifecycle' },
  tier: { head: 'Tier', fields: ['metadata.labels'], exported: ['metadata.labels'] },
  tags: { head: 'Tags', fields: ['metadata.tags'] },
  namespace: { head: 'Namespace', fields: ['metadata.namespace'], sort: 'metadata.namespace' },
  parent: { head: 'Under', fields: ['spec.parent'], exported: ['spec.parent'], sort: 'spec.parent' },
  members: { head: 'Members', fields: ['relations'], exported: ['spec.members'] },
  teams: { head: 'Teams', fields: ['relations'], exported: ['spec.memberOf'] },
  email: { head: 'E-mail', fields: ['spec.profile'], exported: ['spec.profile.email'], sort: 'spec.profile.email' },
  changed: { head: 'Changed', fields: [CHANGED], exported: ['changed'], sort: 'changed' },
  targets: { head: 'Targets', fields: ['spec.target', 'spec.targets'], exported: ['spec.target', 'spec.targets'] },
}

/** Columns after the name, by kind; a kind of one's own shows owner and type. */
const usual: Record<string, string[]> = {
  component: ['owner', 'system', 'type', 'lifecycle', 'tier', 'changed'],
  api: ['owner', 'system', 'type', 'lifecycle'],
  resource: ['owner', 'system', 'type'],
  system: ['owner', 'domain'],
  domain: ['owner'],
  group: ['type', 'parent', 'members'],
  user: ['teams', 'email'],
  template: ['owner', 'type'],
  location: ['type', 'targets'],
}

/** What can be chosen besides the usual ones. */
const more: Record<string, string[]> = {
  group: ['namespace', 'tags', 'changed'],
  user: ['namespace', 'tags', 'changed'],
  location: ['namespace', 'changed'],
  system: ['type', 'tags', 'namespace', 'lifecycle', 'tier', 'changed'],
  domain: ['type', 'tags', 'namespace', 'changed'],
}

/** The address says it so where all columns but the name are off. */
export const NO_COLUMNS = 'none'

export function usualColumns(kind: string): string[] {
  return usual[kind] ?? ['owner', 'type']
}

/** The columns of a page, in their order; what is neither known nor a path is passed over. */
export function chosenColumns(kind: string, cols: string[] | undefined): string[] {
  if (!cols) return usualColumns(kind)
  return cols.filter((id) => Object.hasOwn(known, id) || isPath(id))
}

/** Everything that the menu offers for a kind, the usual ones first; fields of one's own come after it. */
export function offeredColumns(kind: string): string[] {
  const others = more[kind] ?? ['lifecycle', 'tier', 'system', 'tags', 'namespace', 'changed']
  return [...new Set([...usualColumns(kind), ...others])]
}

/** The new `cols` with one column turned on at its usual place or off; undefined where that is what the kind has anyway. */
export function turnedColumn(kind: string, cols: string[] | undefined, id: string): string[] | undefined {
  const now = chosenColumns(kind, cols)
  const rank = (c: string) => {
    const at = offeredColumns(kind).indexOf(c)
    return at < 0 ? Number.MAX_SAFE_INTEGER : at
  }
  const next = now.includes(id) ? now.filter((c) => c !== id) : [...now, id].sort((a, b) => rank(a) - rank(b))
  if (next.join() === usualColumns(kind).join()) return undefined
  return next.length > 0 ? next : [NO_COLUMNS]
}

export function columnFields(kind: string, cols: string[] | undefined): string[] {
  const chosen = chosenColumns(kind, cols).flatMap((id) => known[id]?.fields ?? [id])
  // A phone writes type and lifecycle under the name, and `o` asks for the owner, whatever the columns are.
  return [
    ...chosen,
    'spec.type',
    'spec.lifecycle',
    'spec.owner',
    ...(kind === 'location' ? ['spec.target', 'spec.targets'] : []),
  ]
}

/** The columns of an exported table, which knows fields and not the ways in which the page draws them. */
export function exportColumns(kind: string, cols: string[] | undefined): string[] {
  return chosenColumns(kind, cols).flatMap((id) => columnFacts(id).exported ?? [id])
}

export function columnFacts(id: string): ColumnFacts {
  return (Object.hasOwn(known, id) ? known[id] : undefined) ?? { head: pathHead(id), fields: [id], sort: id }
}

/** The last part of a path, as a head: `metadata.annotations.backstage.io/techdocs-ref` → `techdocs-ref`. */
function pathHead(path: string): string {
  const annotation = /^metadata\.(?:annotations|labels)\.(.+)$/.exec(path)?.[1]
  const tail = annotation ? annotation.slice(annotation.lastIndexOf('/') + 1) : path.slice(path.lastIndexOf('.') + 1)
  return tail || path
}

/** The value at a path. Keys may hold dots (annotations do), so every way to cut the path is tried. */
export function valueAt(value: unknown, path: string): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  const object = value as Record<string, unknown>
  if (Object.hasOwn(object, path)) return object[path]
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const key = path.slice(0, dot)
    if (!Object.hasOwn(object, key)) continue
    const found = valueAt(object[key], path.slice(dot + 1))
    if (found !== undefined) return found
  }
  return undefined
}
