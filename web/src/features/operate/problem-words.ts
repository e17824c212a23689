import { locationTarget, place, shortPath } from '../../lib/format.ts'
import { lookWords } from '../../lib/ingestion.ts'
import type { Missing, Problems, Removed, Source } from '../../lib/portico.ts'
import { asSentence, number, spelled } from '../../lib/words.ts'
import type { StatusShape } from '../../ui/status.tsx'
import type { ProblemTab } from './problems-search.ts'

export function problemsHeadline(open: number, problems: Problems): string {
  if (open === 0) return 'Every file reads well, and nothing is missing.'
  const errors = problems.errors.filter((p) => p.level === 'error').length
  if (errors > 0) {
    if (problems.totals.errors > problems.errors.length) return `More than ${number(errors)} errors need a correction.`
    const others = open > errors ? ` ${lookWords(open - errors, true)}` : ''
    return `${spelled(errors)} ${errors === 1 ? 'error needs' : 'errors need'} a correction.${others}`
  }
  return lookWords(open)
}

/** One line of the list beside the detail. */
export interface ProblemLine {
  id: string
  shape: StatusShape
  /** The entity that it is about, or the file where no entity is known. */
  about: { ref: string } | { file: string }
  words: string
  since: string
}

export function problemLines(problems: Problems, tab: Exclude<ProblemTab, 'removed'>): ProblemLine[] {
  switch (tab) {
    case 'errors':
      return problems.errors.map((p) => ({
        id: p.id,
        shape: p.level === 'error' ? 'bad' : 'warn',
        about: p.ref ? { ref: p.ref } : { file: shortPath(p.file) },
        words: asSentence(p.message),
        since: p.since,
      }))
    case 'conflicts':
      return problems.conflicts.map((c) => ({
        id: conflictId(c.ref, c.refused.location),
        shape: 'warn',
        about: { ref: c.ref },
        words: `${place(locationTarget(c.refused.location))} claims it too.`,
        since: c.refused.since,
      }))
    case 'missing':
      return problems.missing.map((m) => ({
        id: m.ref,
        shape: 'warn',
        about: { ref: m.ref },
        words: asSentence(m.reason),
        since: m.since,
      }))
  }
}

export function removedLine(removed: Removed): ProblemLine {
  return {
    id: removed.uid,
    shape: 'unknown',
    about: { ref: removed.ref },
    words: shortPath(locationTarget(removed.location)),
    since: removed.removedAt,
  }
}

/** Whether others of the list went at the same moment: one reading or decision takes all that it takes at once. */
export function sameRemoval(all: Removed[], { uid, removedAt }: Removed): boolean {
  return all.some((r) => r.removedAt === removedAt && r.uid !== uid)
}

export function wentTogether(all: Missing[], { uid, since }: Missing): boolean {
  return all.some((m) => m.since === since && m.uid !== uid)
}

export function conflictId(ref: string, location: string): string {
  return `${ref} ${location}`
}

/** What is served while a file is wrong. `shown`: whether its entity is in the catalog, undefined when that is not known. */
export function servedWords(source: Pick<Source, 'lastSuccessAt'> | undefined, shown: boolean | undefined): string {
  if (shown === false || source?.lastSuccessAt === null) return 'Nothing of it is in the catalog yet.'
  return shown
    ? 'The last good version is served until the file is right.'
    : 'If the file was right before, what it said then is still served.'
}
