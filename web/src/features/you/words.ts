import { span } from '../../lib/format.ts'
import { mayNotWords, mayWords } from '../../lib/may.ts'
import type { Scope, SignedIn, Token, Withheld } from '../../lib/portico.ts'
import { asSentence, count, listed, number, spelled } from '../../lib/words.ts'

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
    live.length === 0 ? 'No token is in use.' : `${spelled(live.length)} ${live.length === 1 ? 'token' : 'tokens'}.`
  return { fine, needs: soon > 0 ? `${spelled(soon)} ${soon === 1 ? 'expires' : 'expire'} within a week.` : '' }
}

export function sessionsHeadline(items: SignedIn[]): string {
  const others = items.filter((s) => !s.this).length
  if (others === 0) return 'You are signed in here and nowhere else.'
  return `You are signed in here and in ${count(others, 'other browser')}.`
}

/** "You may do 7 of 12 things here." */
export function rightsHeadline(rights: { allowed: boolean }[]): string {
  const may = rights.filter((r) => r.allowed).length
  if (may === rights.length) return 'You may do everything here.'
  if (may === 0) return 'You may do nothing here.'
  return `You may do ${number(may)} of ${count(rights.length, 'thing')} here.`
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
  const ago = (at: string) => {
    const words = span(now.getTime() - new Date(at).getTime())
    return words === 'now' ? 'just now' : `${words} ago`
  }
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
