import { expect, test } from 'vitest'
import type { AuditRecord, AuditStatus } from '../../lib/audit.ts'
import { auditQueryOf, narrowed, narrowing, parseAuditSearch } from './audit-search.ts'
import { exportAddress } from './api.ts'
import {
  chainWords,
  detailName,
  entityOf,
  keptWords,
  reasonWords,
  told,
  tokenWords,
  valueWords,
} from './audit-words.ts'
import { byDay, clockSpan, runsOf } from './record-runs.ts'

const record = (over: Partial<AuditRecord>): AuditRecord => ({
  seq: 7,
  at: '2026-11-28T10:00:00Z',
  actor: 'user:default/ann',
  principal: 'user',
  action: 'catalog.entity.remove',
  target: 'component:default/shop',
  outcome: 'allowed',
  detail: {},
  requestId: '51B0-7E21',
  address: '192.0.2.1',
  prev: '00',
  digest: '11',
  ...over,
})
const line = (over: Partial<AuditRecord>) => {
  const { who, what, on } = told(record(over))
  return [who, what, on].filter(Boolean).join(' ')
}

test('a record is a sentence', () => {
  expect(line({})).toBe('ann removed component:default/shop')
  expect(line({ actor: 'service:ci', principal: 'service' })).toBe('ci removed component:default/shop')
  expect(line({ actor: 'user:team/ann' })).toBe('user:team/ann removed component:default/shop')
  expect(line({ actor: 'user:default/guest', principal: 'guest' })).toBe('A guest removed component:default/shop')
  expect(line({ action: 'identity.policy.load', target: 'policies' })).toMatch(/ loaded policies$/)
  expect(line({ action: 'identity.policy.load', target: 'policies', outcome: 'denied' })).toMatch(
    / could not use the files/,
  )
  expect(line({ action: 'identity.session.start', detail: { provider: 'oidc' } })).toBe('ann signed in with oidc')
  expect(line({ action: 'identity.session.end', detail: { sessions: 1, everywhere: false } })).toBe('ann signed out')
  expect(line({ action: 'identity.session.end', detail: { sessions: 3, everywhere: true } })).toBe(
    'ann signed out everywhere: 3 sessions',
  )
  expect(line({ action: 'catalog.removed.restore', detail: { entities: 2 } })).toBe(
    'ann took back a removal: 2 entities',
  )
  expect(line({ action: 'catalog.held.decide', target: 'file:/x', detail: { decision: 'apply' } })).toBe(
    'ann let go what is missing from file:/x',
  )
})

test('a record names the token that it was done by', () => {
  expect(tokenWords(record({ detail: { token: { id: 17, name: 'laptop' } } }))).toBe('laptop · 17')
  for (const token of [undefined, null, 'laptop', { name: 'laptop' }, { id: 17 }, ['id', 'name']])
    expect(tokenWords(record({ detail: { token } }))).toBeUndefined()
})

test('a refused attempt says what was tried, how often and why', () => {
  const denied = { outcome: 'denied' as const, status: 403 }
  expect(line({ ...denied, actor: 'unknown', principal: '' })).toBe(
    'Somebody unknown was not allowed to remove an entity',
  )
  expect(line({ ...denied, detail: { times: 12 } })).toBe('ann was not allowed to remove an entity, 12 more times')
  expect(line({ ...denied, actor: 'several', action: 'several', target: '', detail: { times: 40 } })).toBe(
    'Several callers were denied 40 attempts that are not recorded one by one',
  )
  expect(reasonWords(record({ detail: { code: 'taken', reason: 'x' } }))).toBe('the name belongs to another user')
  expect(reasonWords(record({ detail: { code: 'constructor', reason: 'this catalog is read-only' } }))).toBe(
    'this catalog is read-only',
  )
})

test('tokens, sessions and keys are told with whose they are', () => {
  const own = { target: 'user:default/ann' }
  expect(line({ ...own, action: 'identity.token.create', detail: { name: 'laptop' } })).toBe(
    'ann made the token laptop',
  )
  expect(
    line({ action: 'identity.token.rotate', target: 'service:ci-payments', detail: { name: 'ci-payments' } }),
  ).toBe('ann gave a new secret to the token of the service ci-payments')
  expect(line({ action: 'identity.token.revoke', target: 'user:default/bob', detail: { name: 'x' } })).toBe(
    'ann revoked the token x of user:default/bob',
  )
  expect(line({ ...own, action: 'identity.session.revoke', detail: { sessions: 3 } })).toBe(
    'ann ended 3 other sessions',
  )
  expect(line({ ...own, action: 'identity.login.allow', detail: { name: 'Portico CLI on quay-7' } })).toBe(
    'ann allowed a sign-in of the command line: Portico CLI on quay-7',
  )
  expect(line({ action: 'identity.user.end', target: 'user:default/bob' })).toBe(
    'ann ended the sessions and tokens of user:default/bob',
  )
  expect(line({ action: 'secret.rotate', target: '' })).toBe('ann made a new data key')
})

test('what a record says beside the rest is told as words', () => {
  expect(valueWords(['catalog:read', 'audit:read'])).toBe('catalog:read, audit:read')
  expect(valueWords([])).toBe('none')
  expect(valueWords({ a: 1 })).toBe('{\n "a": 1\n}')
  expect(valueWords('2026-12-29T01:34:33.18Z')).toContain('29 December 2026')
  expect(valueWords('2026 was a year')).toBe('2026 was a year')
})

test('a read that was denied goes by its permission', () => {
  const denied = { outcome: 'denied' as const, actor: 'unknown', target: '/api/x' }
  expect(line({ ...denied, action: 'portico.audit.read' })).toBe(
    'Somebody unknown was not allowed to read the audit log',
  )
})

test('what expired is told by its numbers', () => {
  const retention = { action: 'audit.expire', actor: 'system:retention', principal: 'system', target: 'audit' }
  expect(line({ ...retention, detail: { from: 1, upTo: 2000, digest: '04be' } })).toBe(
    'The portal removed records 1 to 2,000 of this log, kept long enough',
  )
  expect(line({ ...retention, detail: { from: 7, upTo: 7 } })).toContain('removed record 7 of this log')
})

test('an action that nobody here knows is shown as it is', () => {
  expect(line({ action: 'x.y.z' })).toBe('ann x.y.z component:default/shop')
  expect(line({ action: 'constructor' })).toBe('ann constructor component:default/shop')
  expect(line({ action: 'x.y.z', outcome: 'denied', target: '/api/x' })).toBe('ann was not allowed to x.y.z /api/x')
})

test('only entities have a page', () => {
  expect(entityOf('component:default/shop')).toBe('component:default/shop')
  for (const target of [
    'url:https://a.example/x',
    'provider:oidc',
    '/api/catalog/refresh',
    'file:/x',
    'missing:2026',
    '',
  ])
    expect(entityOf(target)).toBeUndefined()
})

test('the chain says what it is, and what has gone', () => {
  const status: AuditStatus = {
    ok: true,
    records: 1200,
    first: 1,
    verifiedUpTo: 1200,
    verifiedAt: '',
    digest: '',
    head: '',
    beginsOnTrust: false,
    broken: null,
    retentionSeconds: 400 * 86_400,
  }
  expect(chainWords(status)).toBe('1,200 records, each as it was written.')
  expect(keptWords(status)).toBe('Records are kept for 400 days.')
  expect(keptWords({ ...status, first: 801 })).toContain('The first 800 have expired')
  expect(keptWords({ ...status, records: 0, first: 0, verifiedUpTo: 9 })).toContain('The first 9 have expired')
  expect(keptWords({ ...status, first: 801, beginsOnTrust: true })).toContain(
    'The first 800 are gone, and no record says that they expired',
  )
  expect(chainWords({ ...status, records: 0 })).toBe('No record is verified yet.')
  expect(chainWords({ ...status, broken: { seq: 4, problem: 'edited', message: 'record 4 was edited' } })).toBe(
    'Somebody changed the log: record 4 was edited.',
  )
  expect(keptWords({ ...status, broken: { seq: 4, problem: 'edited', message: 'x' } })).toContain('an export')
})

test('the filters are the URL, and the last day is included', () => {
  const search = parseAuditSearch({
    actor: 'user:default/ann',
    outcome: 'maybe',
    from: '2026-11-01',
    to: '2026-02-31x',
    record: '4',
  })
  expect(search).toEqual({ actor: 'user:default/ann', from: '2026-11-01', record: '4' })
  const query = auditQueryOf({ from: '2026-11-01', to: '2026-11-01' })
  expect(new Date(query.until ?? '').getTime() - new Date(query.since ?? '').getTime()).toBe(86_400_000)
  expect(narrowed({ record: '4' })).toBe(false)
  expect(narrowing({ record: '4', outcome: 'denied', to: '2026-11-01' })).toBe(2)
  expect(narrowed({ to: '2026-11-01' })).toBe(true)
  expect(exportAddress({ outcome: 'denied', record: '4' })).toBe('/api/portico/audit/export?outcome=denied')
})

test('the same by the same is one line from three on, and what was refused is never folded', () => {
  const of = (n: number, over: Partial<AuditRecord>) => Array.from({ length: n }, () => record(over))
  const start = { action: 'identity.session.start', detail: { provider: 'oidc' } }
  const lengths = (list: AuditRecord[]) => runsOf(list).map((run) => run.length)
  expect(lengths([...of(3, start), ...of(2, {}), ...of(4, { ...start, actor: 'user:default/bob' })])).toEqual([
    3, 1, 1, 4,
  ])
  expect(lengths(of(3, { ...start, outcome: 'denied' }))).toEqual([1, 1, 1])
  expect(lengths([...of(2, start), ...of(2, { ...start, detail: { provider: 'proxy' } })])).toEqual([1, 1, 1, 1])
  expect(byDay([record({}), record({ at: '2026-11-26T10:00:00Z' })]).map((day) => day.length)).toEqual([1, 1])
  const minute = (at: Date) => at.toISOString().slice(11, 16)
  expect(clockSpan([record({ at: '2026-11-28T10:07:00Z' }), record({})], minute)).toBe('10:00–10:07')
  expect(clockSpan([record({}), record({})], minute)).toBe('10:00')
})

test('the digest of something else is not called that of the record', () => {
  expect(detailName('identity.policy.load', 'digest')).toBe('Digest of the policies')
  expect(detailName('x.y.z', 'digest')).toBe('Digest of it')
  expect(detailName('x.y.z', 'upTo')).toBe('Up to')
})
