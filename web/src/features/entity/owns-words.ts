import type { Owned } from '../../lib/owned.ts'
import { byKind, kindWords, number } from '../../lib/words.ts'

/** The kinds of what is owned, in the usual order. */
export function kindsOf({ kinds }: Pick<Owned, 'kinds'>): string[] {
  return Object.keys(kinds).sort((a, b) => byKind(`${a}:`, `${b}:`))
}

/** "8,000 components". */
export function kindCount(kind: string, n: number): string {
  const words = kindWords(kind)
  return `${number(n)} ${n === 1 ? words.one : words.many}`
}

/** How many there are of the kind, or of all. */
export function sumOf({ kinds, total }: Pick<Owned, 'kinds' | 'total'>, kind: string | undefined): number {
  return kind === undefined ? total : (kinds[kind] ?? 0)
}

/** What the counts say, the worst first; that nothing needs anybody, where that is so. */
export function stateSentence({ levels }: Pick<Owned, 'levels'>, n: number): string {
  const { bad, warn, later } = levels
  const parts = [
    bad > 0 && `${number(bad)} ${bad === 1 ? 'has' : 'have'} a file with errors`,
    warn > 0 && `${number(warn)} ${warn === 1 ? 'needs' : 'need'} a look`,
    later > 0 && `${number(later)} ${later === 1 ? 'uses' : 'use'} something deprecated or without an owner`,
  ].filter((p) => p !== false)
  if (parts.length > 0) return `${parts.join(', ')}.`
  return n === 1 ? 'It is in order.' : `All ${number(n)} are in order.`
}

/** Owners that an address of the catalog names: more make it too long for some who stand between. */
const MOST_IN_ADDRESS = 100

/** The owners to ask the catalog for; undefined where they are too many for an address. */
export function addressable(owners: string[], cut = false): string[] | undefined {
  return cut || owners.length > MOST_IN_ADDRESS ? undefined : owners
}
