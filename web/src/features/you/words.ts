import { clock, dayHeading, span } from '../../lib/format.ts'
import { mayNotWords, mayWords } from '../../lib/may.ts'
import type { Deciding, Explanation, Scope, SignedIn, Token, Withheld } from '../../lib/portico.ts'
import { asSentence, count, listed, spelled } from '../../lib/words.ts'

const DAY = 24 * 3_600_000

export function isLive(token: Token, now: Date): boolean {
  return token.revokedAt === null && new Date(token.expiresAt) > now
}

function expiresSoon(token: Token, now: Date): boolean {
  return isLive(token, now) && new Date(token.expiresAt).getTime() - now.getTime() < 7 * DAY
}

/** The heading of a list of tokens: how many there are, and what needs somebody. */
export function tokensHeadline(items: Token[], now: Date): { fine: string; needs: string } {
  const live = items.filter((t) => isLive(t, now))
  const soon = live.filter((t) => expiresSoon(t, now)).length
  const fine =
    items.length === 0
      ? 'No token yet.'
      : live.length === 0
        ? 'No token is in use.'
        : `${spelled(live.length)} ${live.length === 1 ? 'token' : 'tokens'}.`
  return { fine, needs: soon > 0 ? `${spelled(soon)} ${soon === 1 ? 'expires' : 'expire'} within a week.` : '' }
}

export function sessionsHeadline(items: SignedIn[]): string {
  const others = items.filter((s) => !s.this).length
  if (others === 0) return 'You are signed in here and nowhere else.'
  return `You are signed in here and in ${count(others, 'other browser')}.`
}

/** "just now", "6 s ago": how long it is since. */
export function agoWords(at: Date, now: Date): string {
  const words = span(now.getTime() - at.getTime())
  return words === 'now' ? 'just now' : `${words} ago`
}

/** "today at 15:32:07": to the second, as that tells two sign-ins with one kind of browser apart. */
export function momentWords(at: Date, now: Date): string {
  const heading = dayHeading(at, now)
  const day = /^(Today|Yesterday)$/.test(heading) ? heading.toLowerCase() : `on ${heading}`
  return `${day} at ${clock(at)}:${String(at.getSeconds()).padStart(2, '0')}`
}

/** What somebody is here: "You are author and viewer here." Roles stand for what they may do. */
export function rightsHeadline(rights: Pick<Explanation, 'allowed' | 'roles'>[]): string {
  const roles = rights[0]?.roles ?? []
  if (rights.every((r) => r.allowed)) return 'You may do everything here.'
  if (!rights.some((r) => r.allowed)) return 'You may do nothing here.'
  return roles.length > 0 ? `You are ${listed(roles)} here.` : 'You have no role here.'
}

/** A policy by its name; one without a name goes by where it stands. */
export function policyName({ id, at }: Pick<Deciding, 'id' | 'at'>): string {
  return id === at ? `the policy at ${at}` : id
}

/** The policies that decided and have words, each once. */
export function policiesOf(rights: Pick<Explanation, 'policies'>[]): Deciding[] {
  const found = new Map(rights.flatMap(({ policies }) => policies.map((one) => [one.id, one] as const)))
  return [...found.values()].filter(({ words }) => words)
}

/** "See the catalog, Read the audit log" as the middle of a sentence; a permission's own name stays as it is. */
export function scopeWords(names: string[], scopes: Scope[]): string {
  return listed(
    names.map((name) => {
      const title = scopes.find((s) => s.name === name)?.title
      return title ? title.charAt(0).toLowerCase() + title.slice(1) : name
    }),
  )
}

/**
 * Why a scope cannot be given to a service: what one may not do at all, or, where `may` says that one may do it here and
 * there, the server's reason.
 */
export function withheldWords({ permission, why }: Withheld, may: boolean): string {
  if (!may) return mayNotWords(permission)
  return asSentence(`${mayWords(permission)}: ${why}`)
}

/** How long is left: near the end to the minute, else in whole days as people count them. */
function left(ms: number): string {
  return ms < 2 * DAY ? span(ms) : `${String(Math.round(ms / DAY))} days`
}

/** How a token stands: "expires in 12 days", "expired 2 days ago", "revoked 1 h ago". */
export function lifeWords(token: Token, now: Date): { shape: 'ok' | 'warn' | 'stale'; words: string } {
  const ago = (at: string) => agoWords(new Date(at), now)
  if (token.revokedAt) return { shape: 'stale', words: `Revoked ${ago(token.revokedAt)}` }
  if (!isLive(token, now)) return { shape: 'stale', words: `Expired ${ago(token.expiresAt)}` }
  const words = `Expires in ${left(new Date(token.expiresAt).getTime() - now.getTime())}`
  return { shape: expiresSoon(token, now) ? 'warn' : 'ok', words }
}

/** The choices of days, up to the most that the portal allows. */
export function dayChoices(most: number, usual: number): number[] {
  const all = [1, 7, 30, 60, 90, 180, 365].filter((d) => d <= most)
  return [...new Set([...all, Math.min(usual, most), most])].filter((d) => d > 0).sort((a, b) => a - b)
}
