import { parseRef, type Absences, type Entity, type StatusItem } from './entity.ts'
import { when } from './format.ts'
import { asSentence, count } from './words.ts'

export interface MissingWords {
  /** RFC 3339. */
  since: string
  reason: string
}

export function isMissing({ type }: StatusItem): boolean {
  return type === 'portico.dev/missing'
}

/** Reads the status of a missing entity: `missing since 2026-11-23T09:00:00Z: its source no longer declares it`. */
export function parseMissing(item: StatusItem): MissingWords | undefined {
  const [, since = '', reason = ''] = /^missing since (\S+): (.+)$/.exec(item.message) ?? []
  return isMissing(item) && !Number.isNaN(Date.parse(since)) ? { since, reason } : undefined
}

/** What is wrong with an entity, as its status says. */
export function statusOf(entity: Entity): StatusItem | undefined {
  return entity.status?.items?.find((i) => i.level !== 'info')
}

/** A status on one line, without a time that only machines read. */
export function statusWords(item: StatusItem, now: Date): string {
  const missing = parseMissing(item)
  return missing
    ? `It went missing ${when(new Date(missing.since), now)}. ${asSentence(missing.reason)}`
    : asSentence(item.message)
}

/** What is named and is not there, in a few words. */
export function absentWords({ count: n, first }: Absences): string {
  return n > 1 ? `Names ${count(n, 'thing')} that are not there` : `${parseRef(first).name} is not in the catalog`
}
