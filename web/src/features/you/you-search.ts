import { many, one } from '../../lib/search-params.ts'

export interface TokensSearch {
  /** The dialog for a new token is open. */
  new?: string | undefined
}

export function parseTokensSearch(raw: Record<string, unknown>): TokensSearch {
  return { new: one(raw['new']) }
}

/** What `portico login` asks for; everything is text that anybody can write into an address. */
export interface LoginSearch {
  challenge?: string | undefined
  /** Where the command listens on this machine; absent: the person carries the code over. */
  port?: string | undefined
  state?: string | undefined
  host?: string | undefined
  scope?: string[] | undefined
  days?: string | undefined
}

export function parseLoginSearch(raw: Record<string, unknown>): LoginSearch {
  return {
    challenge: one(raw['challenge']),
    port: one(raw['port']),
    state: one(raw['state']),
    host: one(raw['host']),
    scope: many(raw['scope']),
    days: one(raw['days']),
  }
}

export interface LoginRequest {
  challenge: string
  port: number
  state: string
  host: string
  scopes: string[]
  days: number
}

/** The request, when the address is one that the command makes. The server checks again. */
export function loginRequest(search: LoginSearch): LoginRequest | undefined {
  const { challenge = '', port = '0', state = '', host = '', scope = [], days = '30' } = search
  const whole = (text: string, least: number, most: number) =>
    /^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= most
  if (!/^[\w-]{43}$/.test(challenge) || !(port === '0' || whole(port, 1024, 65_535)) || state.length > 100)
    return undefined
  return {
    challenge,
    port: Number(port),
    state,
    // A host name, and no sentence that somebody would have the page say.
    host: /^[\w.-]{1,63}$/.test(host) ? host : 'another machine',
    scopes: scope,
    days: whole(days, 1, 36_500) ? Number(days) : 30,
  }
}
