import { parseRef, refOf } from '../../lib/entity.ts'
import { place, span } from '../../lib/format.ts'
import { parseMissing } from '../../lib/missing.ts'
import type { Need, Owned, Standing } from '../../lib/owned.ts'
import { asSentence, kindWords, listed, number, spelled } from '../../lib/words.ts'
import { heldWords } from './headline.ts'

const nameOf = (ref: string | undefined) => parseRef(ref ?? '').name

/** What somebody owns, in a word: services where all are components. */
export function ownNoun({ total, kinds }: Pick<Owned, 'total' | 'kinds'>): 'services' | 'things' {
  return total > 0 && kinds['component'] === total ? 'services' : 'things'
}

/** "One of your 14 services", "Two of the 23 things you own", "Your only service". */
function share(n: number, owned: Owned): string {
  const noun = ownNoun(owned)
  const all = noun === 'services' ? `your ${number(owned.total)} services` : `the ${number(owned.total)} things you own`
  if (owned.total === 1) return noun === 'services' ? 'Your service' : 'The one thing you own'
  return n === owned.total ? `All of ${all}` : `${spelled(n)} of ${all}`
}

/** The sentence with which Home opens for somebody who owns something; the second part is drawn quieter. */
export function ownedHeadline(owned: Owned, held: number): { first: string; rest: string } {
  const { bad, warn, later } = owned.levels
  const rest: string[] = []
  if (held > 0) rest.push(heldWords(held))
  if (owned.total === 0) return { first: 'Nothing of yours is in the catalog yet.', rest: rest.join(' ') }
  const needs = (n: number, what: string) => `${share(n, owned)} ${n === 1 ? 'needs' : 'need'} ${what}.`
  if (bad > 0) {
    if (warn > 0) rest.unshift(`${spelled(warn)} more ${warn === 1 ? 'needs' : 'need'} a look.`)
    return { first: needs(bad, 'a correction'), rest: rest.join(' ') }
  }
  if (warn > 0) return { first: needs(warn, 'a look'), rest: rest.join(' ') }
  const noun = ownNoun(owned)
  if (later > 0) {
    const use = later === 1 ? 'One uses' : `${spelled(later)} use`
    rest.push(`${use} something deprecated or without an owner.`)
    const what =
      noun === 'services' ? `your ${number(owned.total)} services` : `the ${number(owned.total)} things you own`
    const first = owned.total === 1 ? 'What you own does not need you now.' : `None of ${what} needs you now.`
    return { first, rest: rest.join(' ') }
  }
  if (owned.total === 1)
    return { first: `${noun === 'services' ? 'Your service' : 'What you own'} is in order.`, rest: rest.join(' ') }
  const all = noun === 'services' ? `${number(owned.total)} of your services` : `${number(owned.total)} things you own`
  return { first: `All ${all} are in order.`, rest: rest.join(' ') }
}

/** The message of a file's fault: where it is, and what it is. */
export function faultOf(message: string): { where: string; what: string } {
  const [, file = '', line, column, rest] = /^(.+?):(\d+):(\d+): (.+)$/s.exec(message) ?? []
  if (rest === undefined) return { where: '', what: asSentence(message) }
  return { where: place(file, Number(line), Number(column)), what: asSentence(rest) }
}

/** What is needed, as sentences with a subject: the attention list. */
export function needWords(need: Need, now: Date): string {
  const other = nameOf(need.ref)
  switch (need.what) {
    case 'error':
      return `${faultOf(need.message ?? 'its file cannot be used').what} It stands as its file last could be read.`
    case 'missing': {
      const missing = parseMissing({ type: 'portico.dev/missing', level: 'warning', message: need.message ?? '' })
      if (!missing) return asSentence(need.message ?? 'it is missing')
      return `Missing for ${span(now.getTime() - Date.parse(missing.since))}. ${asSentence(missing.reason)} It is still shown, and goes when nobody brings it back.`
    }
    case 'conflict':
      return 'Two files claim it. The first one keeps it.'
    case 'absent':
      return `It names ${kindWords(parseRef(need.ref ?? '').kind).one} ${other}, which is not in the catalog.`
    case 'deprecated':
      return `It uses ${other}, which is deprecated.`
    case 'ownerless':
      return `It uses ${other}, which nobody owns.`
  }
}

/** Something outside that several of one's own lean on, with those. */
export interface Waiting {
  ref: string
  what: 'deprecated' | 'ownerless'
  users: string[]
}

/** What can wait, by what it is about: one deprecated API is one thing to do, however many use it. */
export function waitingOn(items: Standing[]): Waiting[] {
  const all = new Map<string, Waiting>()
  for (const { entity, needs } of items) {
    for (const { what, ref } of needs) {
      if (!ref || (what !== 'deprecated' && what !== 'ownerless')) continue
      const had = all.get(ref)
      if (had) had.users.push(refOf(entity))
      else all.set(ref, { ref, what, users: [refOf(entity)] })
    }
  }
  return [...all.values()].sort((a, b) => b.users.length - a.users.length || a.ref.localeCompare(b.ref))
}

/** Whether what can wait may be more than what is listed: the list is cut, and so is what each of it needs. */
export function moreMayWait({ items, levels: { bad, warn, later } }: Owned): boolean {
  return items.filter((s) => s.level > 0).length < bad + warn + later || items.some((s) => (s.moreNeeds ?? 0) > 0)
}

/** What asks for its owner, counted by kind; undefined where the list is cut before the last of it. */
export function askingKinds({ items, levels }: Owned): Record<string, number> | undefined {
  const asking = items.filter((s) => s.level >= 2)
  if (asking.length < levels.bad + levels.warn) return undefined
  const kinds: Record<string, number> = {}
  for (const { entity } of asking) {
    const kind = entity.kind.toLowerCase()
    kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  return kinds
}

/** "booking-api and 2 more use it."; "At least" these where there may be more. */
export function usersWords(users: string[], least = false): string {
  const [first = '', second, ...others] = users.map(nameOf)
  const those = least ? 'At least ' : ''
  if (second === undefined) return `${those}${first} uses it.`
  return `${those}${listed(others.length > 0 ? [first, second, `${number(others.length)} more`] : [first, second])} use it.`
}
