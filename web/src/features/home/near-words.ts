import { changeWords, fieldName } from '../../lib/change-words.ts'
import { parseRef } from '../../lib/entity.ts'
import { listed, number } from '../../lib/words.ts'
import type { NearChange } from './api.ts'
import { usersWords } from './need-words.ts'

/** One line of *Changed around you*: one entity, as often as it did the same, or many that changed alike. */
export interface NearLine {
  key: number
  at: string
  change: NearChange
  times: number
  /** Of a mass change: all of them, newest first. */
  refs: string[]
}

const TOGETHER = 30 * 60_000
const MASS = 4

/** Newest first. What came of one act, on many entities within half an hour, is one line; so is one entity that did the same again. */
export function nearLines(changes: NearChange[]): NearLine[] {
  const groups: NearChange[][] = []
  const open = new Map<string, NearChange[]>()
  for (const change of [...changes].sort((a, b) => b.revision - a.revision)) {
    const paths = change.op === 'updated' ? (change.diff ?? []).map((d) => d.path).sort() : []
    const key = JSON.stringify([change.op, change.actor ?? '', paths])
    const group = open.get(key)
    const last = group?.[group.length - 1]
    if (group && last && Date.parse(last.at) - Date.parse(change.at) <= TOGETHER) group.push(change)
    else {
      const fresh = [change]
      open.set(key, fresh)
      groups.push(fresh)
    }
  }
  const lines = groups.flatMap((group): NearLine[] => {
    const refs = [...new Set(group.map((c) => c.ref))]
    if (refs.length >= MASS) return [line(group, refs)]
    return refs.map((ref) =>
      line(
        group.filter((c) => c.ref === ref),
        [ref],
      ),
    )
  })
  return lines.sort((a, b) => b.key - a.key)
}

function line(group: NearChange[], refs: string[]): NearLine {
  const change = group[0] as NearChange
  return { key: change.revision, at: change.at, change, times: group.length, refs }
}

const massVerbs: Record<NearChange['op'], string> = {
  created: 'were added',
  updated: 'changed',
  missing: 'are missing: no source declares them now',
  returned: 'are back',
  removed: 'were removed',
  restored: 'were restored',
}

/** What happened, to be read after the name or the number. */
export function nearWords({ change, refs, times }: NearLine): string {
  if (refs.length < MASS) return times > 1 ? `${changeWords(change)}, ${number(times)} times` : changeWords(change)
  if (change.op !== 'updated') return massVerbs[change.op]
  const fields = (change.diff ?? []).map(({ path }) => (path === 'status' ? 'problems' : fieldName(path)))
  const more =
    fields.length > MASS ? [...fields.slice(0, MASS - 1), `${number(fields.length - MASS + 1)} more`] : fields
  return fields.length > 0 ? `changed ${listed(more)}` : 'were written anew'
}

/** Whom it concerns, of those who asked; nothing where it is their own. */
export function concernWords({ change, refs }: NearLine): string {
  if (change.own || refs.length >= MASS || change.for.length === 0) return ''
  return usersWords(change.for)
}

/** The first names of a mass change. */
export function massNames(refs: string[]): string {
  const [a = '', b = ''] = refs.map((ref) => parseRef(ref).name)
  return listed([a, b, `${number(refs.length - 2)} more`])
}
