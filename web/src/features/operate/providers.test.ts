import { describe, expect, it } from 'vitest'
import { parseProblemsSearch } from './problems-search.ts'
import type { Budget, Pass, Provider } from './providers-api.ts'
import { budgetWords, progressShare, progressWords, spentWords, wholeWords } from './providers-words.ts'

const now = new Date('2026-05-01T12:00:00Z')
const pass = (some: Partial<Pass>): Pass => ({
  startedAt: '2026-05-01T11:59:00Z',
  finishedAt: null,
  pages: 1,
  listed: 100,
  total: 1204,
  read: 0,
  toRead: 100,
  requests: 1,
  ...some,
})
const budget = (some: Partial<Budget>): Budget => ({
  resource: 'core',
  quota: 5000,
  remaining: 4200,
  resetsAt: '2026-05-01T12:30:00Z',
  retryAt: null,
  seenAt: '2026-05-01T12:00:00Z',
  perHour: 90,
  enough: true,
  ...some,
})

describe('a pass', () => {
  it.each([
    [pass({}), 'Listing: 100 of 1,204 repositories', 100 / 1204],
    [pass({ listed: 1204, toRead: 301 }), 'Reading: 301 repositories of 1,204 left', 0.75],
    [pass({ total: -1, toRead: 0 }), 'Listing: 100 repositories so far', undefined],
  ])('says how far it is', (it, words, share) => {
    expect(progressWords(it)).toBe(words)
    expect(progressShare(it)).toBe(share)
  })
  it('says what it cost', () => {
    expect(wholeWords(pass({ listed: 1, read: 1, requests: 2 }))).toBe('1 repository, 1 of them read, with 2 requests')
  })
})

describe('a limit', () => {
  it.each([
    [budget({}), '4,200 of 5,000 left, counted anew in 30 min; 90 an hour are spent, so they last'],
    [
      budget({ enough: false, remaining: 4 }),
      '4 of 5,000 left, counted anew in 30 min; 90 an hour are spent, so they may not last',
    ],
    [budget({ retryAt: '2026-05-01T12:01:30Z' }), 'the host asked to be left alone for 1 min'],
    [budget({ quota: 0 }), 'the host names no limit'],
    [budget({ resetsAt: '2026-05-01T11:00:00Z' }), '4,200 of 5,000 left; 90 an hour are spent, so they last'],
  ])('is put in words', (it, words) => {
    expect(budgetWords(it, now)).toBe(words)
  })
  it('was spent for something', () => {
    const spent = [
      { purpose: 'crawl', requests: 1200, points: 1200 },
      { purpose: 'webhook', requests: 3, points: 3 },
    ]
    expect(spentWords({ spent } as Provider)).toBe('1,200 for passes, 3 for webhooks')
    expect(spentWords({ spent: [] as Provider['spent'] } as Provider)).toBe('none')
  })
})

it('keeps in the address which repositories are shown', () => {
  expect(parseProblemsSearch({ account: 'github:acme', repositories: 'failed', rq: 'x' })).toMatchObject({
    account: 'github:acme',
    repositories: 'failed',
    rq: 'x',
  })
  expect(parseProblemsSearch({ account: 'github:acme', repositories: 'none' }).repositories).toBeUndefined()
})
