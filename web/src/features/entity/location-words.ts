import type { Problem, Problems } from '../../lib/portico.ts'
import { count } from '../../lib/words.ts'

/** The errors of some files. The list has the first of the whole catalog: of a longer one it is only known that there are at least so many. */
export function errorsIn({ errors, totals }: Pick<Problems, 'totals'> & { errors: unknown[] }, n: number): string {
  const words = count(n, 'error')
  if (errors.length >= totals.errors) return words
  return n === 0 ? '' : `at least ${words}`
}

/** What is wrong in a source, by how bad it is; in all, where not everything came with the list. */
export function faultsNote(faults: Pick<Problem, 'level'>[], all: number): string {
  if (faults.length < all) return count(all, 'problem')
  const errors = faults.filter((p) => p.level === 'error').length
  const warnings = faults.length - errors
  return [errors > 0 ? count(errors, 'error') : '', warnings > 0 ? count(warnings, 'warning') : '']
    .filter(Boolean)
    .join(', ')
}
