import { lookWords } from '../../lib/ingestion.ts'
import type { Problems, Source } from '../../lib/portico.ts'
import { number, spelled } from '../../lib/words.ts'

/** "One source waits for your decision.", "Two sources wait for your decision." */
export function heldWords(n: number): string {
  return `${spelled(n)} ${n === 1 ? 'source waits' : 'sources wait'} for your decision.`
}

/** The first sentence of Home: does anything need somebody? The second part is context and drawn quieter. */
export function homeHeadline(
  entities: number,
  sources: Source[],
  problems: Problems | undefined,
): { first: string; rest: string } {
  const size = entities === 1 ? 'One thing is in the catalog.' : `${number(entities)} things are in the catalog.`
  if (entities === 0) return { first: 'The catalog is empty.', rest: '' }
  const held = sources.filter((s) => s.held !== null).length
  if (held > 0) return { first: heldWords(held), rest: size }
  // One file may be wrong in five places: that is one file to mend.
  const errors = new Set(problems?.errors.filter((p) => p.level === 'error').map((p) => p.file || p.location)).size
  const others = (problems?.totals.conflicts ?? 0) + (problems?.totals.missing ?? 0)
  if (errors > 0) {
    const more = problems && problems.totals.errors > problems.errors.length ? 'More than ' : ''
    return {
      first: errors === 1 ? 'One file needs a correction.' : `${more}${number(errors)} files need a correction.`,
      rest: others > 0 ? lookWords(others, true) : size,
    }
  }
  if (others > 0) return { first: lookWords(others), rest: size }
  return { first: size, rest: problems ? 'Every file reads well.' : '' }
}
