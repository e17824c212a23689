import { isApiError } from '../../lib/api-error.ts'
import { fieldName } from '../../lib/change-words.ts'
import { locationTarget, shortTarget } from '../../lib/format.ts'
import { asSentence, count, listed, spelled } from '../../lib/words.ts'
import type { StatusShape } from '../../ui/status.tsx'
import { locationOf } from './targets.ts'
import type { Plan, Planned, Preview, Would } from './api.ts'

export interface Look {
  line: string
  preview?: Preview | undefined
  error?: unknown
}

export interface Verdict {
  shape: StatusShape
  words: string
  /** Something would come of it, so it can be registered. */
  can: boolean
  /** It can, and nothing speaks against it. */
  clean: boolean
}

export function tally(plans: Plan[]): Record<Would, number> & { errors: number } {
  const sum = { create: 0, update: 0, unchanged: 0, conflict: 0, errors: 0 }
  for (const plan of plans) {
    sum.errors += plan.errors
    for (const entity of plan.entities) sum[entity.would]++
  }
  return sum
}

/** The row names the target already. */
const aboutIt = (message: string, target: string) =>
  message.replace(`target ${JSON.stringify(target)}`, 'it').replace(target, 'it')

/** One location in a line: what would come of it, and what stands against it. */
export function verdictOf({ line, preview, error }: Look): Verdict {
  if (error !== undefined && error !== null)
    return {
      shape: 'bad',
      words: isApiError(error)
        ? asSentence(aboutIt(error.message, locationOf(line).target))
        : 'It could not be looked at.',
      can: false,
      clean: false,
    }
  if (!preview) return { shape: 'run', words: 'Reading', can: false, clean: false }
  const { plan, exists } = preview
  const n = tally([plan])
  const taken = n.create + n.update + n.unchanged
  const said = [
    n.create > 0 ? `adds ${count(n.create, 'entity')}` : '',
    n.update > 0 ? `changes ${n.create > 0 ? String(n.update) : count(n.update, 'entity')}` : '',
    n.create + n.update === 0 && n.unchanged > 0 ? `changes nothing: ${count(n.unchanged, 'entity')} as declared` : '',
  ].filter(Boolean)
  const against = [
    n.conflict > 0 ? `${count(n.conflict, 'name is', 'names are')} taken by another place` : '',
    n.errors > 0 ? count(n.errors, 'error') : '',
  ].filter(Boolean)
  if (taken === 0) {
    const why = against.length > 0 ? listed(against) : 'it declares no entity'
    return { shape: 'bad', words: `Nothing would come of it: ${why}.`, can: false, clean: false }
  }
  const begin = exists ? `Registered already; reading it again ${listed(said)}` : listed(said)
  return {
    shape: against.length > 0 ? 'warn' : 'ok',
    words: asSentence(against.length > 0 ? `${begin}; ${listed(against)}` : begin),
    can: true,
    clean: against.length === 0,
  }
}

/** The answer of the page. */
export function answerWords(looks: Look[]): string {
  const waiting = looks.filter((l) => !l.preview && !l.error).length
  if (waiting > 0)
    return looks.length === 1
      ? 'Reading it. Nothing is written.'
      : `Reading: ${String(looks.length - waiting)} of ${count(looks.length, 'location')}. Nothing is written.`
  const good = looks.filter((l) => verdictOf(l).can)
  const n = tally(good.flatMap((l) => (l.preview ? [l.preview.plan] : [])))
  const bad = looks.length - good.length
  const cannot =
    bad === 0
      ? ''
      : bad === looks.length && bad === 1
        ? 'It cannot be registered.'
        : `${spelled(bad)} cannot be registered.`
  if (good.length === 0) return bad > 1 ? `None of the ${String(bad)} can be registered.` : cannot
  const would = [
    n.create > 0 ? `add ${count(n.create, 'entity')}` : '',
    n.update > 0 ? `change ${n.create > 0 ? String(n.update) : count(n.update, 'entity')}` : '',
  ].filter(Boolean)
  const who = good.length === 1 ? (looks.length === 1 ? 'It' : 'One location') : `${spelled(good.length)} locations`
  const does = would.length > 0 ? `${who} would ${listed(would)}.` : `${who} would change nothing.`
  return [does, cannot].filter(Boolean).join(' ')
}

export const wouldShapes: Record<Would, StatusShape> = {
  create: 'ok',
  update: 'ok',
  unchanged: 'unknown',
  conflict: 'warn',
}

/** What would become of one entity. */
export function wouldWords({ would, why, by, changed }: Planned): string {
  switch (would) {
    case 'create':
      return why ? asSentence(why) : 'New'
    case 'update': {
      if (why) return asSentence(why)
      const names = (changed ?? []).slice(0, 3).map(fieldName)
      const more = (changed?.length ?? 0) - names.length
      if (more > 0) names.push(`${String(more)} more`)
      return names.length > 0 ? `Changes ${listed(names)}` : 'Changes'
    }
    case 'unchanged':
      return why ? asSentence(why) : 'As it is'
    case 'conflict':
      return by ? `Kept by ${shortTarget(locationTarget(by))}` : asSentence(why ?? 'another place keeps it')
  }
}

export type Outcome = { state: 'waiting' } | { state: 'done'; again: boolean } | { state: 'failed'; error: unknown }

/** "46 of 48 registered. 2 were refused." */
export function outcomeWords(outcomes: Outcome[]): string {
  const of = (state: Outcome['state']) => outcomes.filter((o) => o.state === state).length
  const [waiting, failed, done] = [of('waiting'), of('failed'), of('done')]
  const again = outcomes.filter((o) => o.state === 'done' && o.again).length
  if (waiting > 0) return `Registering: ${String(done + failed)} of ${String(outcomes.length)}.`
  if (failed === 0) {
    if (outcomes.length === 1) return again ? 'It is being read again.' : 'It is registered, and is being read now.'
    if (again === done) return `All ${String(done)} are being read again.`
    const rest =
      again > 0
        ? ` ${spelled(again)} of them ${again === 1 ? 'was' : 'were'} registered already, and ${again === 1 ? 'is' : 'are'} read again.`
        : ''
    return `All ${String(done)} are registered, and are being read now.${rest}`
  }
  if (done === 0)
    return outcomes.length === 1 ? 'It was not registered.' : `None of the ${String(failed)} was registered.`
  return `${String(done)} of ${String(outcomes.length)} registered. ${spelled(failed)} ${failed === 1 ? 'was' : 'were'} refused.`
}
