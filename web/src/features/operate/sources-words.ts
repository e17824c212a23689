import { span } from '../../lib/format.ts'
import type { Source, SourceState } from '../../lib/portico.ts'
import { capital, count, number, spelled } from '../../lib/words.ts'
import type { StatusShape } from '../../ui/status.tsx'

export const sourceShapes: Record<SourceState, StatusShape> = {
  current: 'ok',
  reading: 'run',
  degraded: 'warn',
  failed: 'bad',
  held: 'bad',
}

/** The sentence that opens the page. What is fine comes first and is drawn quieter; what needs somebody follows. */
export function sourcesHeadline(sources: Source[]): { fine: string; needs: string } {
  const all = sources.length
  if (all === 0) return { fine: '', needs: 'No source is configured.' }
  const of = (...states: SourceState[]) => sources.filter((s) => states.includes(s.state)).length
  const current = of('current', 'reading')
  if (current === all) return { fine: '', needs: allCurrent(all) }
  return {
    fine: all === 1 ? '' : someCurrent(current, all),
    // One that fails may have something held besides.
    needs: worst(sources.filter((s) => s.held !== null).length, of('failed'), of('degraded'), all),
  }
}

function someCurrent(current: number, all: number): string {
  const of = spelled(all).toLowerCase()
  return current === 0
    ? `None of ${of} sources is current.`
    : `${spelled(current)} of ${of} sources ${current === 1 ? 'is' : 'are'} current.`
}

function worst(held: number, failed: number, degraded: number, all: number): string {
  const who = (n: number) => (all === 1 ? 'The source' : spelled(n))
  if (held > 0) return `${who(held)} ${held === 1 ? 'is' : 'are'} held until you decide.`
  if (failed > 0) return `${who(failed)} cannot be read.`
  return `${who(degraded)} ${degraded === 1 ? 'has' : 'have'} files with problems.`
}

function allCurrent(all: number): string {
  if (all === 1) return 'The source is current.'
  return all === 2 ? 'Both sources are current.' : `All ${spelled(all).toLowerCase()} sources are current.`
}

/** What the source does or suffers now, in words. */
export function nowWords(source: Source): string {
  if (source.held && source.state === 'held')
    return `Held: ${count(source.held.missing, 'entity', 'entities')} would go`
  if (source.state === 'reading') return 'Reading'
  if (source.message) return capital(source.message)
  if (source.state === 'failed') return 'Cannot be read'
  if (source.problems > 0) return count(source.problems, 'problem')
  if (source.missing > 0) return `${count(source.missing, 'entity', 'entities')} missing`
  return 'No change'
}

/** What it is made of: "23 files · 131 entities". */
export function sizeWords(source: Source): string {
  return `${count(source.units, 'file')} · ${count(source.entities, 'entity', 'entities')}`
}

export function nextWords(source: Source, now: Date): string {
  if (source.held) return 'after your answer'
  if (source.watching) return 'on change'
  if (!source.nextAt) return 'when asked'
  const ms = new Date(source.nextAt).getTime() - now.getTime()
  return ms <= 0 ? 'now' : `in ${span(ms)}`
}

export function originWords(source: Source): string {
  return {
    config: 'from the configuration',
    registered: 'registered',
    trial: 'of this trial',
    'sign-in': 'of who signed in',
  }[source.origin]
}

export function heldWords(source: Source): { title: string; body: string } {
  const { missing, of } = source.held ?? { missing: 0, of: 0 }
  const share = of > 0 ? Math.round((missing / of) * 100) : 0
  return {
    title: `${count(missing, 'entity', 'entities')} would disappear from ${source.title}. Nothing was removed.`,
    body: `The last reading saw ${number(of - missing)} of ${number(of)} entities, a drop of ${share} %. The guard holds anything above 20 %.`,
  }
}

/** What an undone removal did. */
export function keptWords({ restored }: { restored: number }): string {
  return restored === 0
    ? 'None of them is missing any more.'
    : `${count(restored, 'entity is', 'entities are')} kept as ${restored === 1 ? 'it was' : 'they were'}.`
}
