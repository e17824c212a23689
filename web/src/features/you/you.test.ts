import { describe, expect, it } from 'vitest'
import type { Token } from '../../lib/portico.ts'
import {
  dayChoices,
  lifeWords,
  scopeWords,
  rightsHeadline,
  sessionsHeadline,
  tokensHeadline,
  withheldWords,
} from './words.ts'
import { loginRequest } from './you-search.ts'

const now = new Date('2026-11-28T12:00:00Z')
const token = (over: Partial<Token>): Token => ({
  id: 1,
  name: 'x',
  scopes: [],
  createdAt: '2026-11-01T00:00:00Z',
  createdBy: 'user:default/ann',
  expiresAt: '2027-01-28T12:00:00Z',
  usedAt: null,
  previousUntil: null,
  previousUsedAt: null,
  revokedAt: null,
  ...over,
})

describe('tokens in words', () => {
  it('counts what is in use and what ends soon', () => {
    expect(tokensHeadline([], now)).toEqual({ fine: 'No token is in use.', needs: '' })
    const soon = token({ expiresAt: '2026-12-01T00:00:00Z' })
    const gone = token({ revokedAt: '2026-11-27T12:00:00Z' })
    expect(tokensHeadline([token({}), soon, gone], now)).toEqual({
      fine: 'Two tokens.',
      needs: 'One expires within a week.',
    })
  })

  it('says how one stands', () => {
    expect(lifeWords(token({}), now)).toEqual({ shape: 'ok', words: 'Expires in 61 days' })
    expect(lifeWords(token({ expiresAt: '2026-11-30T12:00:00Z' }), now).shape).toBe('warn')
    expect(lifeWords(token({ expiresAt: '2026-11-26T12:00:00Z' }), now).words).toBe('Expired 2 days ago')
    expect(lifeWords(token({ revokedAt: '2026-11-28T12:00:00Z' }), now).words).toBe('Revoked just now')
  })

  it('counts the days that are left as people do', () => {
    const words = (expiresAt: string) => lifeWords(token({ expiresAt }), now).words
    expect(words('2026-12-28T11:58:00Z')).toBe('Expires in 30 days')
    expect(words('2026-11-30T11:58:00Z')).toBe('Expires in 1 day')
    expect(words('2026-11-28T14:10:00Z')).toBe('Expires in 2 h 10 min')
  })

  it('says what stands against a scope', () => {
    const scope = { name: 'catalog:write', title: 'Register', permissions: [], permission: 'catalog.entity.delete' }
    expect(withheldWords({ ...scope, why: 'you may not' }, false)).toBe('You may not remove an entity.')
    expect(withheldWords({ ...scope, why: 'you may not everywhere: the policy "x" forbids it' }, true)).toBe(
      'Remove an entity: you may not everywhere: the policy "x" forbids it.',
    )
  })

  it('names scopes', () => {
    const scopes = [{ name: 'catalog:read', title: 'See the catalog', permissions: [] }]
    expect(scopeWords(['catalog:read', 'catalog.entity.refresh'], scopes)).toBe(
      'see the catalog and catalog.entity.refresh',
    )
  })

  it('offers days up to the most', () => {
    expect(dayChoices(90, 30)).toEqual([1, 7, 30, 60, 90])
    expect(dayChoices(10, 30)).toEqual([1, 7, 10])
  })
})

it('counts rights', () => {
  const [yes, no] = [{ allowed: true }, { allowed: false }]
  expect(rightsHeadline([yes, yes, no])).toBe('You may do 2 of 3 things here.')
  expect(rightsHeadline([yes])).toBe('You may do everything here.')
  expect(rightsHeadline([no])).toBe('You may do nothing here.')
})

describe('sessions in words', () => {
  it('tells here from elsewhere', () => {
    const here = { id: 1, device: '', address: '', createdAt: '', seenAt: '', expiresAt: '', this: true }
    expect(sessionsHeadline([here])).toBe('You are signed in here and nowhere else.')
    expect(sessionsHeadline([here, { ...here, this: false }])).toBe('You are signed in here and in 1 other browser.')
  })
})

describe('the address that portico login opens', () => {
  const challenge = 'a'.repeat(43)

  it('is read', () => {
    const search = { challenge, port: '40123', state: 's', host: 'quay-7', scope: ['catalog:read'], days: '10' }
    expect(loginRequest(search)).toEqual({
      challenge,
      port: 40123,
      state: 's',
      host: 'quay-7',
      scopes: ['catalog:read'],
      days: 10,
    })
    expect(loginRequest({ challenge })).toMatchObject({ port: 0, days: 30, host: 'another machine' })
  })

  it('cannot say what it likes', () => {
    expect(loginRequest({})).toBeUndefined()
    expect(loginRequest({ challenge: 'short' })).toBeUndefined()
    expect(loginRequest({ challenge, port: '80' })).toBeUndefined()
    expect(loginRequest({ challenge, port: '70000' })).toBeUndefined()
    expect(loginRequest({ challenge, state: 's'.repeat(101) })).toBeUndefined()
    expect(loginRequest({ challenge, host: 'Call 555-0100 now' })?.host).toBe('another machine')
  })
})
