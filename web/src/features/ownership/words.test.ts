import { describe, expect, it } from 'vitest'
import { parseOwnershipSearch } from './ownership-search.ts'
import type { Claim } from './api.ts'
import {
  claimedWords,
  claimsHeadline,
  confirmWords,
  hrefOf,
  inboxHeadline,
  placeOf,
  questionWords,
  resultWords,
} from './words.ts'

const owners = { file: '.github/CODEOWNERS', line: 3, field: 'spec.owner', says: '', sure: 'stated' }

describe('evidence', () => {
  it('leads to the line at its host', () => {
    const to = (source?: string, evidence = owners) => hrefOf(source, evidence)
    expect(to('https://github.com/acme/pay/tree/main/')).toBe(
      'https://github.com/acme/pay/blob/main/.github/CODEOWNERS#L3',
    )
    expect(to('https://gitlab.example/a/b/c/-/tree/main/services/pay/')).toBe(
      'https://gitlab.example/a/b/c/-/blob/main/.github/CODEOWNERS#L3',
    )
    expect(to('https://git.example/acme/pay/src/branch/main/')).toBe(
      'https://git.example/acme/pay/src/branch/main/.github/CODEOWNERS#L3',
    )
    expect(to('https://github.com/acme/pay/tree/main/', { ...owners, file: 'a b/"x', line: 0 })).toBe(
      'https://github.com/acme/pay/blob/main/a%20b/%22x',
    )
  })

  it('leads nowhere where that is not known', () => {
    expect(hrefOf(undefined, owners)).toBeUndefined()
    expect(hrefOf('https://example.com/x', owners)).toBeUndefined()
    expect(hrefOf('javascript:alert(1)//tree/main/', owners)).toBeUndefined()
    expect(hrefOf('https://github.com/acme/pay/tree/main/', { ...owners, file: '../../x' })).toBeUndefined()
  })

  it('is named as people write it', () => {
    expect(placeOf(owners)).toBe('.github/CODEOWNERS:3')
    expect(placeOf({ ...owners, line: 0 })).toBe('.github/CODEOWNERS')
  })
})

describe('words', () => {
  const none = { state: 'none', resolves: false } as const

  it('ask what is asked', () => {
    const [mine, other] = ['group:default/a', 'group:default/b']
    const ask = (reason: 'proposed' | 'claimed' | 'verify', owner = mine, asked = mine) =>
      questionWords({ reason, owner, asked, current: none })
    expect(ask('verify')).toBe('Still yours?')
    expect(ask('claimed', other, mine)).toBe('Will you give it away?')
    expect(ask('proposed')).toBe('It has no owner. Is it yours?')
    expect(confirmWords({ reason: 'claimed', owner: other, asked: mine })).toBe('Give it')
    expect(confirmWords({ reason: 'verify', owner: mine, asked: mine })).toBe('Still ours')
  })

  it('count', () => {
    expect(inboxHeadline(0, false, false)).toBe('Nothing waits for your teams')
    expect(inboxHeadline(1, false, false)).toBe('One question waits for you')
    expect(inboxHeadline(20_000, true, true)).toBe('At least 20,000 questions wait for answers')
    expect(
      resultWords({ done: 2, failed: 1, results: [{ stillDeclared: 'group:default/a' }, {}, {}] }, 'are yours'),
    ).toBe('2 entities are yours. The files of 1 still declare another owner: change them there. 1 could not be.')
  })

  it('come from the address', () => {
    expect(parseOwnershipSearch({ tab: 'findings', kind: 'gone', scope: 'x' })).toEqual({
      tab: 'findings',
      kind: 'gone',
    })
    expect(parseOwnershipSearch({ tab: 'x', kind: 'x', scope: 'all' })).toEqual({ scope: 'all' })
  })
})

it('each of many claims says what came of it', () => {
  const claim = { state: 'open', asked: 'group:default/web' } as Claim
  const done = { ref: 'component:default/b', claim: { ...claim, state: 'confirmed' as const } }
  const failed = {
    ref: 'component:default/c',
    error: { name: 'ConflictError', message: 'asked already', remedy: 'wait' },
  }
  expect(claimedWords({ claim })).toBe('Its owner group:default/web is asked.')
  expect(claimedWords(done)).toBe('Claimed.')
  expect(claimedWords({ ...done, stillDeclared: 'group:default/web' })).toContain('still declares group:default/web')
  expect(claimedWords(failed)).toBe('Asked already; wait.')
  expect(claimsHeadline([{ claim }, done, done, failed])).toBe('2 claimed, 1 asked for, 1 not claimed')
  expect(claimsHeadline([failed])).toBe('1 not claimed')
})
