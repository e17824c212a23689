import { parseRef } from '../../lib/entity.ts'
import { locationTarget, place, shortPath } from '../../lib/format.ts'
import type { Problems } from '../../lib/portico.ts'
import { capital, spelled } from '../../lib/words.ts'
import type { StatusShape } from '../../ui/status.tsx'
import type { ProblemTab } from './problems-search.ts'

export function problemsHeadline(open: number, problems: Problems): string {
  if (open === 0) return 'Every file reads well, and nothing is missing.'
  const errors = problems.errors.filter((p) => p.level === 'error').length
  if (errors > 0) return `${spelled(errors)} ${errors === 1 ? 'error needs' : 'errors need'} a correction.`
  return `${spelled(open)} ${open === 1 ? 'thing needs' : 'things need'} a look.`
}

/** One line of the list beside the detail. */
export interface ProblemLine {
  id: string
  shape: StatusShape
  title: string
  words: string
  since: string
}

export function problemLines(problems: Problems, tab: ProblemTab): ProblemLine[] {
  switch (tab) {
    case 'errors':
      return problems.errors.map((p) => ({
        id: p.id,
        shape: p.level === 'error' ? 'bad' : 'warn',
        title: p.ref ? parseRef(p.ref).name : shortPath(p.file),
        words: capital(p.message),
        since: p.since,
      }))
    case 'conflicts':
      return problems.conflicts.map((c) => ({
        id: conflictId(c.ref, c.refused.location),
        shape: 'warn',
        title: parseRef(c.ref).name,
        words: `${place(locationTarget(c.refused.location))} claims it too`,
        since: c.refused.since,
      }))
    case 'missing':
      return problems.missing.map((m) => ({
        id: m.ref,
        shape: 'warn',
        title: parseRef(m.ref).name,
        words: capital(m.reason),
        since: m.since,
      }))
    case 'removed':
      return problems.removed.map((r) => ({
        id: r.uid,
        shape: 'unknown',
        title: parseRef(r.ref).name,
        words: shortPath(locationTarget(r.location)),
        since: r.removedAt,
      }))
  }
}

export function conflictId(ref: string, location: string): string {
  return `${ref} ${location}`
}
