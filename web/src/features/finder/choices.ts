import type { Do } from './actions.ts'
import type { Scope } from './asked.ts'
import { capital, kindWords, knownKinds } from '../../lib/words.ts'
import type { Hit } from './finder-query.ts'

/** A row of the list. */
export type Choice =
  | { type: 'entity'; key: string; ref: string; hit: Hit | undefined; group: string }
  | { type: 'action'; key: string; action: Do; group: string }
  /** All that was found of one kind. */
  | { type: 'kind'; key: string; kind: string; count: number; group: string }

export function entityChoice(ref: string, group: string, hit?: Hit): Choice {
  return { type: 'entity', key: ref, ref, hit, group }
}

export function actionChoice(action: Do, group: string): Choice {
  return { type: 'action', key: `do ${action.id}`, action, group }
}

const groupOf = (kind: string) =>
  kind === 'api' ? 'APIs' : kind === 'user' || kind === 'group' ? 'People and teams' : 'Catalog'
const groups = ['Catalog', 'APIs', 'People and teams']

/** Rows of what was found: the best by itself, the rest by group, in the order in which they were found. */
export function foundChoices(hits: Hit[], scope: Scope, kind?: string): Choice[] {
  if (kind !== undefined) return hits.map((hit) => entityChoice(hit.ref, capital(kindWords(kind).many), hit))
  const [best, ...rest] = hits
  if (!best) return []
  const first = entityChoice(best.ref, 'Best match', best)
  if (scope !== 'all') return [first, ...rest.map((hit) => entityChoice(hit.ref, 'Others', hit))]
  const of = (group: string) => rest.filter((hit) => groupOf(hit.kind) === group)
  return [first, ...groups.flatMap((group) => of(group).map((hit) => entityChoice(hit.ref, group, hit)))]
}

/** A row for each kind of which more than one was found. */
export function kindChoices(kinds: Record<string, number>, fits: (kind: string) => boolean): Choice[] {
  const all = Object.entries(kinds).filter(([kind, n]) => fits(kind) && n > 1)
  const rank = (kind: string) => (knownKinds.includes(kind) ? knownKinds.indexOf(kind) : knownKinds.length)
  return all
    .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
    .map(([kind, count]) => ({ type: 'kind', key: `kind ${kind}`, kind, count, group: 'All of a kind' }))
}

/** Which row the cursor stands on, and where that is. */
export interface Cursor {
  choice: Choice
  at: number
}

/**
 * Keeps the row under the cursor in its place when the answer of the server comes, so that nobody opens what slipped under
 * it: it stays among the others even where the server did not find it.
 */
export function pinned(choices: Choice[], cursor: Cursor | undefined): Choice[] {
  if (!cursor || choices[cursor.at]?.key === cursor.choice.key) return choices
  const rest = choices.filter((c) => c.key !== cursor.choice.key)
  const at = Math.min(cursor.at, rest.length)
  const kept = choices.find((c) => c.key === cursor.choice.key) ?? cursor.choice
  const group = at === 0 ? cursor.choice.group : (rest[at - 1]?.group ?? kept.group)
  const out = [...rest.slice(0, at), { ...kept, group }, ...rest.slice(at)]
  // What was the best is one of many where another row stands first.
  const [, second] = out
  if (at === 0 && second?.group === 'Best match' && second.type === 'entity')
    out[1] = { ...second, group: groupOf(second.ref.slice(0, second.ref.indexOf(':'))) }
  return out
}

export interface Run {
  group: string
  /** The place of its first row in the list. */
  from: number
  choices: Choice[]
}

/** The rows by their headings, in order. */
export function runs(choices: Choice[]): Run[] {
  const out: Run[] = []
  choices.forEach((choice, i) => {
    const last = out[out.length - 1]
    if (last?.group === choice.group) last.choices.push(choice)
    else out.push({ group: choice.group, from: i, choices: [choice] })
  })
  return out
}
