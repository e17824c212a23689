import type { AuditRecord, AuditStatus } from '../../lib/audit.ts'
import { exact } from '../../lib/format.ts'
import { doingWords, permissions } from '../../lib/may.ts'
import { count, number, sentence } from '../../lib/words.ts'

interface ActionWords {
  /** In the list of filters. */
  title: string
  /** What was done, after the name of who did it: "registered". */
  did: string
  /** What was tried, after "was not allowed to". */
  doing: string
}

/** Words for what the portal records. What is not here is shown as it is. */
const actions: Record<string, ActionWords> = {
  'identity.session.start': { title: 'Signed in', did: 'signed in', doing: 'sign in' },
  'identity.session.end': { title: 'Signed out', did: 'signed out', doing: 'sign out' },
  'identity.session.revoke': { title: 'Sessions ended', did: 'ended', doing: 'end a session' },
  'identity.token.create': { title: 'Token made', did: 'made the token', doing: 'make a token' },
  'identity.token.rotate': {
    title: 'Token renewed',
    did: 'gave a new secret to the token',
    doing: 'give a token a new secret',
  },
  'identity.token.revoke': { title: 'Token revoked', did: 'revoked the token', doing: 'revoke a token' },
  'identity.login.allow': {
    title: 'Command line allowed',
    did: 'allowed a sign-in of the command line',
    doing: 'allow a sign-in of the command line',
  },
  'identity.user.end': {
    title: 'Access of a person ended',
    did: 'ended the sessions and tokens of',
    doing: 'end what somebody holds',
  },
  'identity.user.disable': {
    title: 'Access of a leaver ended',
    did: 'ended the sessions and tokens of',
    doing: 'end what somebody holds who left',
  },
  'secret.rotate': { title: 'Data key renewed', did: 'made a new data key', doing: 'make a new data key' },
  'secret.forget': { title: 'Secrets forgotten', did: 'let go what no key opens', doing: 'let go what no key opens' },
  'identity.user.create': { title: 'Became a user', did: 'became a user', doing: 'become a user' },
  'catalog.location.register': { title: 'Location registered', did: 'registered', doing: 'register a location' },
  'catalog.location.update': { title: 'Location changed', did: 'pointed a location at', doing: 'change a location' },
  'catalog.location.unregister': {
    title: 'Location unregistered',
    did: 'unregistered',
    doing: 'unregister a location',
  },
  'catalog.entity.refresh': { title: 'Entity read again', did: 'had read again', doing: 'have an entity read again' },
  'catalog.entity.edit': { title: 'Entity edited', did: 'edited', doing: 'edit an entity' },
  'catalog.entity.propose': {
    title: 'Change of a file proposed',
    did: 'proposed a change of the file of',
    doing: 'propose a change of a file',
  },
  'catalog.alias.set': { title: 'Owner renamed', did: 'let another stand for', doing: 'rename an owner' },
  'catalog.alias.remove': { title: 'Owner no longer renamed', did: 'let nobody stand for', doing: 'undo a renaming' },
  'catalog.entity.remove': { title: 'Entity removed', did: 'removed', doing: 'remove an entity' },
  'catalog.entity.restore': { title: 'Entity restored', did: 'restored', doing: 'restore an entity' },
  'catalog.source.refresh': { title: 'Source read again', did: 'had read again', doing: 'have a source read again' },
  'catalog.held.decide': { title: 'Held removal answered', did: 'answered for', doing: 'answer for a held removal' },
  'catalog.missing.restore': { title: 'Missing kept', did: 'kept', doing: 'keep what is missing' },
  'identity.policy.load': { title: 'Policies loaded', did: 'loaded policies', doing: 'load policies' },
  'audit.expire': { title: 'Old records removed', did: 'removed old records', doing: 'remove old records' },
  'catalog.removed.restore': { title: 'Removal taken back', did: 'took back', doing: 'take a removal back' },
}

export const knownActions = Object.entries(actions).map(([action, { title }]) => ({ action, title }))

/** Sign-ins, whose target says no more than who it was. */
const ofOneself = ['identity.session.start', 'identity.session.end', 'identity.user.create']

/** Who it was: "A guest", "The portal", "Somebody unknown", or the ref itself. */
export function actorWords({ actor, principal }: Pick<AuditRecord, 'actor' | 'principal'>): string {
  if (actor === 'unknown') return 'Somebody unknown'
  if (actor === 'several') return 'Several callers'
  if (principal === 'guest') return 'A guest'
  const [kind = '', name = ''] = cut(actor)
  if (kind === 'system') return 'The portal'
  if (kind === 'operator') return 'An operator'
  return kind === 'service' ? name : actor.replace(/^user:default\//, '')
}

/** Whether it was somebody of whom the catalog can have a User. */
export function isPerson({ actor, principal }: Pick<AuditRecord, 'actor' | 'principal'>): boolean {
  return principal === 'user' && actor.startsWith('user:')
}

function cut(text: string): [string, string] {
  const at = text.indexOf(':')
  return [text.slice(0, at), text.slice(at + 1)]
}

export interface Told {
  who: string
  /** What they did or tried, as the rest of the sentence. */
  what: string
  /** What it was on; "" where the sentence says it. */
  on: string
}

/** A record as a sentence in three parts. */
export function told(record: AuditRecord): Told {
  const who = actorWords(record)
  const words = Object.hasOwn(actions, record.action) ? actions[record.action] : undefined
  const times = typeof record.detail['times'] === 'number' ? record.detail['times'] : 0
  if (record.action === 'several')
    return { who, what: `were denied ${count(times, 'attempt')} that are not recorded one by one`, on: '' }
  if (record.action === 'identity.policy.load') {
    const failed = record.outcome === 'denied'
    return {
      who,
      what: failed ? 'could not use the files of policies; those of before stay' : 'loaded policies',
      on: '',
    }
  }
  if (record.outcome === 'denied') {
    const doing = words?.doing ?? (permissions.includes(record.action) ? doingWords(record.action) : undefined)
    const again = times > 0 ? `, ${count(times, 'more time')}` : ''
    return { who, what: `was not allowed to ${doing ?? record.action}${again}`, on: doing ? '' : record.target }
  }
  if (record.action === 'audit.expire') return { who, what: expiryWords(record), on: '' }
  if (record.action.startsWith('identity.token.') || record.action.startsWith('secret.'))
    return { who, what: heldWords(record, words), on: '' }
  if (record.action === 'identity.session.revoke') {
    const sessions = typeof record.detail['sessions'] === 'number' ? record.detail['sessions'] : 1
    const whose = record.target === record.actor ? '' : record.target
    return { who, what: `ended ${count(sessions, 'other session')}${whose && ' of'}`, on: whose }
  }
  if (record.action === 'identity.login.allow')
    return { who, what: `${words?.did ?? ''}${named(record, ': ')}`, on: '' }
  if (ofOneself.includes(record.action)) return { who, what: selfWords(record, words), on: '' }
  if (record.action === 'catalog.missing.restore' || record.action === 'catalog.removed.restore')
    return { who, what: bulkWords(record), on: '' }
  if (record.action === 'catalog.held.decide')
    return {
      who,
      what: record.detail['decision'] === 'apply' ? 'let go what is missing from' : 'kept what is missing from',
      on: record.target,
    }
  return { who, what: words?.did ?? record.action, on: record.target }
}

/** Which records of the log are gone because they were old. */
function expiryWords({ detail: { from, upTo } }: AuditRecord): string {
  if (typeof from !== 'number' || typeof upTo !== 'number') return 'removed old records of this log'
  const which = from === upTo ? `record ${number(from)}` : `records ${number(from)} to ${number(upTo)}`
  return `removed ${which} of this log, kept long enough`
}

/** Of a token or a key: which one, and whose it is where that is somebody else. */
function heldWords(record: AuditRecord, words: ActionWords | undefined): string {
  const did = words?.did ?? record.action
  if (!record.action.startsWith('identity.token.')) return did
  // A service has one token, which goes by its name.
  if (record.target.startsWith('service:')) return `${did} of the service ${record.target.slice('service:'.length)}`
  const whose = record.target === record.actor ? '' : ` of ${record.target}`
  return `${did}${named(record, ' ')}${whose}`
}

function named({ detail }: AuditRecord, before: string): string {
  return typeof detail['name'] === 'string' ? `${before}${detail['name']}` : ''
}

function selfWords({ action, detail }: AuditRecord, words: ActionWords | undefined): string {
  if (action === 'identity.session.end' && detail['everywhere'] === true) {
    const sessions = typeof detail['sessions'] === 'number' ? detail['sessions'] : 0
    return `signed out everywhere: ${count(sessions, 'session')}`
  }
  const provider = typeof detail['provider'] === 'string' ? ` with ${detail['provider']}` : ''
  return `${words?.did ?? action}${provider}`
}

function bulkWords({ action, detail }: AuditRecord): string {
  const n = typeof detail['entities'] === 'number' ? detail['entities'] : undefined
  const what = n === undefined ? 'entities' : count(n, 'entity', 'entities')
  return action === 'catalog.missing.restore' ? `kept ${what} that were missing` : `took back a removal: ${what}`
}

/** The token of the portal's own that let the request in: its name, and its number in the list of tokens. */
export function tokenWords({ detail }: Pick<AuditRecord, 'detail'>): string | undefined {
  const token = detail['token']
  if (typeof token !== 'object' || token === null || !('id' in token) || !('name' in token)) return undefined
  return `${String(token.name)} · ${String(token.id)}`
}

/** The refs of an entity among the targets: what has a page. */
export function entityOf(target: string): string | undefined {
  return /^[a-z][a-z0-9]*:[a-z0-9-]+\/[^/\s?]+$/i.test(target) && !/^(url|file|git|folder|provider):/.test(target)
    ? target
    : undefined
}

const reasons: Record<string, string> = {
  provider: 'the provider does not answer as it should',
  'no-provider': 'that way to sign in is not configured',
  portal: 'the portal could not sign them in',
  expired: 'the sign-in took too long, was used before, or began in another browser',
  refused: 'what the provider sent could not be trusted',
  denied: 'the provider did not let them in, or they turned back',
  unknown: 'no user of the catalog is them',
  ambiguous: 'several users of the catalog could be them',
  another: 'another account signed in as this user before',
  unverified: 'the provider has not verified the address',
  taken: 'the name belongs to another user',
  removed: 'the user was removed',
}

/** Why somebody was refused, in words. */
export function reasonWords({ detail }: AuditRecord): string {
  const [code, reason] = [detail['code'], detail['reason']]
  if (typeof code === 'string' && Object.hasOwn(reasons, code)) return reasons[code] ?? ''
  return typeof reason === 'string' ? reason : ''
}

/** The state of the chain, as the page opens with it. */
export function chainWords(status: AuditStatus): string {
  if (status.broken) return `Somebody changed the log: ${status.broken.message}.`
  if (status.records === 0) return 'No record is verified yet.'
  return `${count(status.records, 'record')}, each as it was written.`
}

/** How long records are kept, and what has gone; what to do where the chain does not hold. */
export function keptWords({ broken, retentionSeconds, first, verifiedUpTo, beginsOnTrust }: AuditStatus): string {
  if (broken) return 'Compare it with an export that lies elsewhere: from there on nothing is sure.'
  const kept = `Records are kept for ${count(Math.round(retentionSeconds / 86_400), 'day')}.`
  const gone = first > 0 ? first - 1 : verifiedUpTo
  if (beginsOnTrust)
    return `${kept} The first ${number(gone)} are gone, and no record says that they expired: that is taken on trust until the next expiry.`
  return gone > 0 ? `${kept} The first ${number(gone)} have expired; the chain goes on from them.` : kept
}

const digests: Record<string, string> = {
  'audit.expire': 'Digest of the last',
  'catalog.held.decide': 'Digest of what was missing',
  'identity.policy.load': 'Digest of the policies',
}

/** What a part of the detail is called; the digest of something else is not taken for that of the record. */
export function detailName(action: string, key: string): string {
  return key === 'digest' ? (digests[action] ?? 'Digest of it') : sentence(key)
}

/** A value of the detail: words in a row, a moment as it is told elsewhere, anything else as JSON. */
export function valueWords(value: unknown): string {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(', ') || 'none'
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value)) return exact(new Date(value))
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 1) ?? '')
}
