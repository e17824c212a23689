import { describe, expect, it } from 'vitest'
import type { Token } from '../../lib/portico.ts'
import {
  agoWords,
  dayChoices,
  lifeWords,
  momentWords,
  policiesOf,
  policyName,
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
    expect(tokensHeadline([], now)).toEqual({ fine: 'No token yet.', needs: '' })
    expect(tokensHeadline([token({ revokedAt: '2026-11-27T12:00:00Z' })], now).fine).toBe('No token is in use.')
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

it('says what somebody is here', () => {
  const roles = ['author', 'viewer']
  const [yes, no] = [
    { allowed: true, roles },
    { allowed: false, roles },
  ]
  expect(rightsHeadline([yes, yes, no])).toBe('You are author and viewer here.')
  expect(rightsHeadline([{ ...yes, roles: [] }, no])).toBe('You have no role here.')
  expect(rightsHeadline([yes])).toBe('You may do everything here.')
  expect(rightsHeadline([no])).toBe('You may do nothing here.')
})

it('names each policy that decided once', () => {
  const author = { id: 'author', at: 'default', effect: 'permit' as const, words: 'reads everything' }
  const wordless = { id: 'rules.cedar:3', at: 'rules.cedar:3', effect: 'permit' as const }
  expect(policiesOf([{ policies: [author] }, { policies: [author, wordless] }])).toEqual([author])
  expect(policyName(author)).toBe('author')
  expect(policyName(wordless)).toBe('the policy at rules.cedar:3')
})

describe('sessions in words', () => {
  it('tells moments to the second, and an age as people say it', () => {
    const at = new Date(2026, 10, 28, 15, 32, 7)
    expect(momentWords(at, new Date(2026, 10, 28, 16, 0))).toBe('today at 15:32:07')
    expect(momentWords(at, new Date(2026, 10, 29, 1, 0))).toBe('yesterday at 15:32:07')
    expect(momentWords(at, new Date(2026, 11, 24, 1, 0))).toBe('on 28 November at 15:32:07')
    expect(agoWords(at, at)).toBe('just now')
    expect(agoWords(at, new Date(2026, 10, 28, 15, 33, 10))).toBe('1 min ago')
  })

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
