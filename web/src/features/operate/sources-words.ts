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
  if (sources.length === 0) return { fine: '', needs: 'No source is configured.' }
  const of = (...states: SourceState[]) => sources.filter((s) => states.includes(s.state)).length
  const current = of('current', 'reading')
  const all = sources.length
  const fine =
    current === all
      ? ''
      : current === 0
        ? `None of ${spelled(all).toLowerCase()} sources is current.`
        : `${spelled(current)} of ${spelled(all).toLowerCase()} sources ${current === 1 ? 'is' : 'are'} current.`
  const held = of('held')
  const failed = of('failed')
  const degraded = of('degraded')
  const needs: string[] = []
  if (held > 0) needs.push(`${spelled(held)} ${held === 1 ? 'is held until you decide' : 'are held until you decide'}.`)
  else if (failed > 0) needs.push(`${spelled(failed)} cannot be read.`)
  else if (degraded > 0) needs.push(`${spelled(degraded)} ${degraded === 1 ? 'has' : 'have'} files that do not read.`)
  if (needs.length === 0)
    needs.push(all === 1 ? 'The one source is current.' : `All ${spelled(all).toLowerCase()} sources are current.`)
  return { fine, needs: needs.join(' ') }
}

/** What the source does or suffers now, in words. */
export function nowWords(source: Source): string {
  if (source.held) return `Held: ${count(source.held.missing, 'entity', 'entities')} would go`
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
  return { config: 'from the configuration', registered: 'registered', trial: 'of this trial' }[source.origin]
}

export function heldWords(source: Source): { title: string; body: string } {
  const { missing, of } = source.held ?? { missing: 0, of: 0 }
  const share = of > 0 ? Math.round((missing / of) * 100) : 0
  return {
    title: `${count(missing, 'entity', 'entities')} would disappear from ${source.title}. Nothing was removed.`,
    body: `The last reading saw ${number(of - missing)} of ${number(of)} entities, a drop of ${share} %. The guard holds anything above 20 %.`,
  }
}
