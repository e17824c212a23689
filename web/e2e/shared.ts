import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

// The shared corpora for tests, by the rules of internal/testenv, under CI as well: their folder is the one that
// PORTICO_SHARED names, else `shared` beside the repository. A machine without it skips what needs them; a folder that is
// named wrongly, or that lacks the entry, fails.
const named = process.env['PORTICO_SHARED'] ?? ''
const shared = resolve(named || resolve(import.meta.dirname, '../../../shared'))

/** Why a test is skipped. */
export const corpusIsMissing = `the shared corpora are not at ${shared}; set PORTICO_SHARED to their folder to run this test`

/** The folder of the definitions of APIs; undefined on a machine without the corpora. */
export function openapiCorpus(): string | undefined {
  if (!existsSync(shared) || !statSync(shared).isDirectory()) {
    if (named) throw new Error(`PORTICO_SHARED names ${named}, which is not a folder`)
    return undefined
  }
  const home = join(shared, 'corpus/openapi')
  if (!existsSync(home)) throw new Error(`the shared corpora at ${shared} lack corpus/openapi`)
  return home
}
