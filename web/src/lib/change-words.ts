import type { StatusItem } from './entity.ts'
import { inline } from './format.ts'
import type { Change, CutValue, FieldChange } from './portico.ts'
import { asSentence, capital, listed, number, sentence } from './words.ts'

const verbs: Record<Exclude<Change['op'], 'updated'>, string> = {
  created: 'was added',
  missing: 'is missing: no source declares it now',
  returned: 'is back',
  removed: 'was removed',
  restored: 'was restored',
}

/** What happened to an entity, to be read after its name: "was added", "changed owner from treasury to payments". */
export function changeWords(change: Pick<Change, 'op' | 'diff'>): string {
  if (change.op !== 'updated') return verbs[change.op]
  const diff = change.diff ?? []
  if (diff.length === 0) return 'was written anew without a change'
  if (diff.length === 1) return oneField(diff[0] as FieldChange)
  const names = diff.slice(0, 3).map((d) => fieldName(d.path))
  if (diff.length > 3) names.push(`${diff.length - 3} more`)
  return `changed ${listed(names)}`
}

/** A value is named in a sentence only when it is one short word; anything longer stands in the history. */
const LONG = 48

function oneField({ path, from, to }: FieldChange): string {
  if (path === 'status') return statusChanged(to)
  const name = fieldName(path)
  const lists = listChange(from, to)
  if (lists) {
    const gained = lists.added.length > 0 ? `gained ${listed(lists.added)}` : ''
    const lost = lists.removed.length > 0 ? `lost ${listed(lists.removed)}` : ''
    const both = [gained, lost].filter(Boolean).join(' and ')
    return both ? `${both} in ${name}` : `reordered its ${name}`
  }
  if (![from, to].every(sayable)) return `changed its ${name}`
  const short = (v: unknown) => inline(v, LONG)
  if (from === undefined) return `got ${name} ${short(to)}`
  if (to === undefined) return `lost ${name} ${short(from)}`
  return `changed ${name} from ${short(from)} to ${short(to)}`
}

/** What the portal says of an entity beside its file: other claims to it, faults of its file. */
function statusChanged(to: unknown): string {
  const items = Array.isArray(to) ? (to as Partial<StatusItem>[]) : []
  if (items.length === 0) return 'is free of problems again'
  return items.some((i) => i.type === 'portico.dev/conflict')
    ? 'is claimed by another file too'
    : 'has a file with errors'
}

/** The sentences of a status, one a line; undefined when it is none. */
export function statusLines(value: unknown): string | undefined {
  const items = Array.isArray(value) ? (value as Partial<StatusItem>[]) : []
  const said = items.map((i) => i.message).filter((m) => typeof m === 'string')
  return items.length > 0 && said.length === items.length ? said.map(asSentence).join('\n') : undefined
}

function sayable(value: unknown): boolean {
  if (value === undefined || typeof value === 'number' || typeof value === 'boolean') return true
  return typeof value === 'string' && value.length <= LONG && !/\s/.test(value)
}

/** Whether the change log sent only the beginning of the value. */
export function isCut(value: unknown): value is CutValue {
  const cut = value as Partial<CutValue> | null | undefined
  return cut?.truncated === true && typeof cut.bytes === 'number' && typeof cut.start === 'string'
}

/** What was added to and removed from a list of words; undefined when it is none. */
export function listChange(from: unknown, to: unknown): { added: string[]; removed: string[] } | undefined {
  const words = (v: unknown): string[] | undefined => {
    if (v === undefined) return []
    return Array.isArray(v) && v.every((x) => typeof x === 'string') ? v : undefined
  }
  const before = words(from)
  const after = words(to)
  if (!before || !after || (!Array.isArray(from) && !Array.isArray(to))) return undefined
  return { added: after.filter((x) => !before.includes(x)), removed: before.filter((x) => !after.includes(x)) }
}

const known: Record<string, string> = {
  'metadata.title': 'title',
  'metadata.description': 'description',
  'metadata.tags': 'tags',
  'metadata.links': 'links',
  'spec.definition': 'definition',
  'spec.dependsOn': 'dependencies',
  'spec.providesApis': 'provided APIs',
  'spec.consumesApis': 'called APIs',
  'spec.memberOf': 'teams',
}

/** A path of a diff as a word: `spec.owner` → owner, `metadata.labels.tier` → label tier. */
export function fieldName(path: string): string {
  const hit = known[path]
  if (hit) return hit
  const map = /^metadata\.(label|annotation)s\.(.+)$/.exec(path)
  if (map) return `${map[1] ?? ''} ${map[2] ?? ''}`
  const tail = path.replace(/^(metadata|spec)\./, '')
  return tail.includes('.') || tail.includes('[') ? tail : sentence(tail).toLowerCase()
}

export type FeedItem = { type: 'one'; change: Change } | { type: 'many'; changes: Change[]; cut: boolean }

const RUN = 4

/**
 * Newest first; runs of the same happening from one source become one line, so that an import does not drown the rest.
 * `more`: there are older ones, so the last run may go on (`cut`).
 */
export function feedItems(changes: Change[], more = false): FeedItem[] {
  const items: FeedItem[] = []
  const sorted = [...changes].sort((a, b) => b.revision - a.revision)
  for (let i = 0; i < sorted.length;) {
    const head = sorted[i] as Change
    let end = i + 1
    while (end < sorted.length && head.op !== 'updated' && sorted[end]?.op === head.op) end++
    if (end - i >= RUN) {
      items.push({ type: 'many', changes: sorted.slice(i, end), cut: more && end === sorted.length })
    } else items.push(...sorted.slice(i, end).map((change) => ({ type: 'one' as const, change })))
    i = end
  }
  return items
}

const manyVerbs: Record<Change['op'], string> = {
  created: 'came into the catalog',
  updated: 'changed',
  missing: 'are missing',
  returned: 'are back',
  removed: 'were removed',
  restored: 'were restored',
}

type Many = Extract<FeedItem, { type: 'many' }>

/** "74 entities", or "74 entities or more" where the log goes on. */
export function manyOf({ changes, cut }: Many): string {
  return `${number(changes.length)} entities${cut ? ' or more' : ''}`
}

export function manyVerb({ changes }: Many): string {
  return manyVerbs[changes[0]?.op ?? 'updated']
}

/** The same where no name stands before it: "Added", "Changed owner from treasury to payments". */
export function alone(change: Pick<Change, 'op' | 'diff'>): string {
  return capital(changeWords(change).replace(/^(was|is|has) /, ''))
}
