import { number } from '../../lib/words.ts'
import type { Coverage, Measured, Share } from './api.ts'
import type { Measure } from './insights-search.ts'

interface Words {
  title: string
  /** What the number is of: "of 48 components". */
  of: (n: number) => string
  /** What is said of those that lack it, after their number. */
  lack: string
  /** The heading of the list of what is missing, and of what counts. */
  missing: string
  counted: string
}

const things = (one: string, many: string) => (n: number) => (n === 1 ? one : many)

export const words: Record<Measure, Words> = {
  repositories: {
    title: 'Repositories',
    of: things('active repository', 'active repositories'),
    lack: 'not in the catalog',
    missing: 'Active repositories without an entity',
    counted: 'Active repositories in the catalog',
  },
  ownership: {
    title: 'Owners',
    of: things('entity', 'entities'),
    lack: 'without a team that answers',
    missing: 'What no team answers for',
    counted: 'What a team answers for',
  },
  'ownership.declared': {
    title: 'declared',
    of: things('entity', 'entities'),
    lack: 'inferred',
    missing: 'Owned, and not declared',
    counted: 'Owners that somebody declared',
  },
  'ownership.inferred': {
    title: 'inferred',
    of: things('entity', 'entities'),
    lack: 'declared',
    missing: 'Owned, and not inferred',
    counted: 'Owners that are inferred',
  },
  'ownership.verified': {
    title: 'verified',
    of: things('entity', 'entities'),
    lack: 'not verified',
    missing: 'Owned, and not verified',
    counted: 'Owners that confirmed it',
  },
  docs: {
    title: 'Docs',
    of: things('component', 'components'),
    lack: 'without docs',
    missing: 'Components without docs',
    counted: 'Components with docs configured',
  },
  definitions: {
    title: 'Definitions',
    of: things('API', 'APIs'),
    lack: 'without a definition',
    missing: 'APIs without a definition',
    counted: 'APIs with a definition',
  },
  apis: {
    title: 'APIs of services',
    of: things('service', 'services'),
    lack: 'without an API that can be read',
    missing: 'Services without an API that can be read',
    counted: 'Services with an API that can be read',
  },
}

/** Whole per cent. What is not all is never 100, and what is not nothing never 0. */
export function percent({ numerator, denominator }: Share): number {
  if (denominator === 0) return 0
  const exact = (100 * numerator) / denominator
  if (numerator < denominator && exact > 99) return 99
  return numerator > 0 && exact < 1 ? 1 : Math.round(exact)
}

export function missing({ numerator, denominator }: Share): number {
  return denominator - numerator
}

/** "41 of 48 entities"; weighted, the numbers are weights. */
export function ofWords(measure: Measure, share: Share, weighted: boolean): string {
  const n = `${number(share.numerator)} of ${number(share.denominator)}`
  return weighted ? `${n}, by tier` : `${n} ${words[measure].of(share.denominator)}`
}

/** How much of a cell is missing, in five steps: 0 is nothing, 5 all of it. */
export function level(share: Share): number {
  return Math.min(5, Math.ceil((100 - percent(share)) / 20))
}

/** The page's answer: what is fine, quietly, and where most is missing. */
export function headline({ measures }: Coverage, weighted: boolean): { fine: string; needs: string } {
  const list = measures.filter((m) => m.state === 'measured')
  const most = list.reduce<Measured | undefined>(
    (worst, m) => (missing(m) > (worst ? missing(worst) : 0) ? m : worst),
    undefined,
  )
  const owned = list.find((m) => m.measure === 'ownership')
  if (list.length === 0) return { fine: '', needs: 'Nothing is measured yet.' }
  if (!most) return { fine: '', needs: 'Nothing is missing.' }
  const best = list
    .filter((m) => m !== most)
    .reduce<Measured | undefined>((b, m) => (!b || percent(m) > percent(b) ? m : b), undefined)
  const fine = best ? `${words[best.measure].title}: ${String(percent(best))} %.` : ''
  const rest =
    owned === most
      ? `${number(missing(most))} have no team that answers.`
      : `${number(missing(most))} of ${number(most.denominator)} ${words[most.measure].of(most.denominator)} are ${words[most.measure].lack}.`
  return { fine, needs: weighted ? `Most is missing in ${words[most.measure].title.toLowerCase()}, by tier.` : rest }
}
