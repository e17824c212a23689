import { shortTarget } from './format.ts'

/** An entity as the API sends it. Only the envelope is typed: `spec` is whatever its kind says. */
export interface Entity {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    uid?: string
    etag?: string
    title?: string
    description?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    tags?: string[]
    links?: EntityLink[]
    [key: string]: unknown
  }
  spec?: Record<string, unknown>
  relations?: Relation[]
  status?: { items?: StatusItem[] }
  /** What the catalog knows of it beside what it declares, as far as that was asked for. */
  portico?: {
    /** Of a whole one with fewer relations than it has: to how many others they lead. */
    related?: number
    /** Of one with fewer relations than it has: how many it has of the types that were cut. */
    relations?: Record<string, number>
    absent?: Absences
  }
}

/** What an entity names that is not in the catalog: how many things, and the first of them. */
export interface Absences {
  count: number
  first: string
}

export interface EntityLink {
  url: string
  title?: string
  icon?: string
  type?: string
}

export interface Relation {
  type: string
  targetRef: string
}

export interface StatusItem {
  type: string
  level: 'info' | 'warning' | 'error'
  message: string
  error?: unknown
}

/** The three parts of an entity's name. Kind and namespace are lower case. */
export interface RefParts {
  kind: string
  namespace: string
  name: string
}

/**
 * Reads `[kind:][namespace/]name`. What is left out comes from `defaults`; without a default kind the kind is empty.
 * Never throws: a ref that is not one becomes a name, so that a page can show what was written.
 */
export function parseRef(ref: string, defaults: { kind?: string; namespace?: string } = {}): RefParts {
  const colon = ref.indexOf(':')
  const slash = ref.indexOf('/', colon + 1)
  const kind = colon > 0 ? ref.slice(0, colon) : (defaults.kind ?? '')
  const namespace = slash > 0 ? ref.slice(colon + 1, slash) : (defaults.namespace ?? 'default')
  const name = ref.slice((slash > 0 ? slash : colon) + 1)
  return { kind: kind.toLowerCase(), namespace: namespace.toLowerCase(), name }
}

export function formatRef(parts: RefParts): string {
  return `${parts.kind}:${parts.namespace}/${parts.name}`.toLowerCase()
}

export function refOf(entity: Entity): string {
  return formatRef({
    kind: entity.kind,
    namespace: entity.metadata.namespace ?? 'default',
    name: entity.metadata.name,
  })
}

/** What a person calls it: the profile's display name, the title, a made-up location's target, else the name. */
export function titleOf(entity: Entity): string {
  const profile = record(entity.spec?.['profile'])
  const { title, name } = entity.metadata
  return text(profile?.['displayName']) || title || targetOf(entity) || name
}

/** Nobody can read the name that the catalog gives to a location of its own: `generated-` and a hash of the target. */
export function hasGeneratedName(kind: string, name: string): boolean {
  return kind.toLowerCase() === 'location' && /^generated-[0-9a-f]{40}$/.test(name)
}

function targetOf({ kind, metadata, spec }: Entity): string | undefined {
  if (!hasGeneratedName(kind, metadata.name)) return undefined
  const target = text(spec?.['target']) ?? strings(spec?.['targets'])[0]
  return target && shortTarget(target)
}

export function relationsOf(entity: Entity, type: string): string[] {
  return (entity.relations ?? []).filter((r) => r.type === type).map((r) => r.targetRef)
}

/** How many relations of a type it has, those among them that were not sent. */
export function relationCount(entity: Entity, type: string): number {
  return entity.portico?.relations?.[type] ?? relationsOf(entity, type).length
}

/** To how many others its relations of some types lead. Where some did not come, one that is related twice may count twice. */
export function relatedCount(entity: Entity, of: (type: string) => boolean): number {
  const came = (entity.relations ?? []).filter((r) => of(r.type))
  const all = Object.entries(entity.portico?.relations ?? {}).filter(([type]) => of(type))
  const left = all.reduce((sum, [type, n]) => sum + n - relationsOf(entity, type).length, 0)
  return new Set(came.map((r) => r.targetRef)).size + left
}

/** The string, when it is one. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The object, when it is one and no list. */
export function record(value: unknown): Record<string, unknown> | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** The strings of a list; a single string is a list of one. */
export function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : []
}

/** The tier under any of the names that are in use, as `T1`: a label, an annotation, or the spec. */
export function tierOf(entity: Entity): string | undefined {
  const value = named(entity, 'tier')
  if (!value) return undefined
  const digits = value.match(/^(?:tier-?|t)?(\d)$/i)
  return digits ? `T${digits[1]}` : value
}

/** The language that it is written in, as it says itself. */
export function languageOf(entity: Entity): string | undefined {
  return named(entity, 'language')
}

/** A label `name` or `…/name`, else such an annotation, else `spec.name`. */
function named(entity: Entity, name: string): string | undefined {
  for (const map of [entity.metadata.labels ?? {}, entity.metadata.annotations ?? {}]) {
    const key = Object.keys(map).find((k) => k === name || k.endsWith(`/${name}`))
    if (key && map[key]) return map[key]
  }
  const own = entity.spec?.[name]
  return typeof own === 'number' ? String(own) : text(own)
}

/** Where a filter by text looks in whatever kind. */
export const entityText = ['metadata.name', 'metadata.title', 'metadata.description', 'metadata.tags']
