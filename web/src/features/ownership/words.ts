import { asSentence, capital, count, number, spelled } from '../../lib/words.ts'
import type { Evidence, Question, Result, Results } from './api.ts'
import type { FindingKind } from './ownership-search.ts'

export const findingWords: Record<FindingKind, { tab: string; one: string }> = {
  unknown: { tab: 'No owner', one: 'has no owner' },
  absent: { tab: 'Owner not there', one: 'names an owner who is not in the catalog' },
  gone: { tab: 'Members gone', one: 'is of a team that everybody has left' },
  empty: { tab: 'Empty team', one: 'is of a team that nobody is in' },
  disputed: { tab: 'Disputed', one: 'is not its owner’s, as they say' },
  person: { tab: 'One person', one: 'is one person’s' },
}

/** What is asked, after the name of the entity. */
export function questionWords({
  reason,
  current,
  owner,
  asked,
}: Pick<Question, 'reason' | 'current' | 'owner' | 'asked'>) {
  switch (reason) {
    case 'verify':
      return 'Still yours?'
    case 'claimed':
      return owner === asked ? 'Is it yours?' : 'Will you give it away?'
    case 'passed':
      return 'Passed on to you: is it yours?'
    case 'proposed':
      return current.owner === owner ? 'It looks like yours. Is it?' : 'It has no owner. Is it yours?'
  }
}

/** What confirming does. */
export const confirmWords = ({ reason, owner, asked }: Pick<Question, 'reason' | 'owner' | 'asked'>) =>
  reason === 'claimed' && owner !== asked ? 'Give it' : reason === 'verify' ? 'Still ours' : 'Ours'

/** `.github/CODEOWNERS:3`. */
export function placeOf({ file, line }: Evidence): string {
  return line ? `${file ?? ''}:${String(line)}` : (file ?? '')
}

/** The page of a file at its host, where hosts have one for each: GitHub's, GitLab's and Gitea's folders say how. */
export function hrefOf(source: string | undefined, { file, line }: Evidence): string | undefined {
  if (!source || !file || file.split('/').includes('..')) return undefined
  const at = /^(https?:\/\/[^/]+\/.+?\/)(-\/tree|tree|src\/branch)\/([^?#]+?)\/?$/.exec(source)
  if (!at) return undefined
  const [, repository = '', how = '', branch = ''] = at
  // A file of the evidence is below the repository, and the folder may be deeper.
  const [first = ''] = branch.split('/')
  const path = file.split('/').map(encodeURIComponent).join('/')
  return `${repository}${how.replace('tree', 'blob')}/${first}/${path}${line ? `#L${String(line)}` : ''}`
}

export function inboxHeadline(total: number, least: boolean, all: boolean): string {
  if (total === 0) return all ? 'Nothing waits for any team' : 'Nothing waits for your teams'
  const n = least ? `At least ${number(total)}` : spelled(total)
  return `${n} ${total === 1 ? 'question' : 'questions'} ${total === 1 ? 'waits' : 'wait'} for ${all ? 'answers' : 'you'}`
}

/** What came of many at once. */
export function resultWords({ done, failed, results }: Results, did: string): string {
  const still = results.filter((r) => r.stillDeclared).length
  const parts = [`${count(done, 'entity', 'entities')} ${did}.`]
  if (still > 0) parts.push(`The files of ${number(still)} still declare another owner: change them there.`)
  if (failed > 0) parts.push(`${number(failed)} could not be.`)
  return parts.join(' ')
}

/** What came of one claim. */
export function claimedWords({ claim, stillDeclared, error }: Result): string {
  if (error) return asSentence([error.message, error.remedy].filter(Boolean).join('; '))
  if (claim?.state === 'open') return `Its owner ${claim.asked} is asked.`
  if (stillDeclared) return `Claimed. Its file still declares ${stillDeclared}: change it there.`
  return 'Claimed.'
}

/** "3 claimed, 1 asked for, 2 not". */
export function claimsHeadline(results: Result[]): string {
  const failed = results.filter((r) => r.error).length
  const asked = results.filter((r) => !r.error && r.claim?.state === 'open').length
  const parts: [number, string][] = [
    [results.length - failed - asked, 'claimed'],
    [asked, 'asked for'],
    [failed, 'not claimed'],
  ]
  return capital(
    parts
      .filter(([n]) => n > 0)
      .map(([n, did]) => `${number(n)} ${did}`)
      .join(', '),
  )
}

/** The first fault of many, in the server's words. */
export function faultOf({ results }: Results): string | undefined {
  const error = results.find((r) => r.error)?.error
  return error && [error.message, error.remedy].filter(Boolean).join('; ')
}
