import type { TryItServer } from '../../lib/portico.ts'
import type { HttpRequest, RequestParameter } from './read/model.ts'
import { encode } from './read/request.ts'

/** A server of the definition, as the portal's operator has it. */
export interface Place {
  server: string
  origin: string
}

/** The servers of a request to which the portal lets the page of this API send it. */
export function placesOf(request: HttpRequest, ref: string, listed: readonly TryItServer[]): Place[] {
  return request.servers.flatMap((server) => {
    const origin = originOf(server)
    const fits = listed.some((l) => l.origin === origin && (!l.apis || l.apis.includes(ref.toLowerCase())))
    return origin !== undefined && fits ? [{ server, origin }] : []
  })
}

function originOf(url: string): string | undefined {
  try {
    const { origin, protocol } = new URL(url)
    return protocol === 'http:' || protocol === 'https:' ? origin : undefined
  } catch {
    return undefined
  }
}

/** Why nothing is sent, in a sentence, where it is not the operator's list. */
export function unsendable(request: HttpRequest): string | undefined {
  if (['CONNECT', 'TRACE', 'TRACK'].includes(request.method)) return `Browsers do not send ${request.method}.`
  if (request.body?.media.startsWith('multipart/')) return 'Files are not sent from this page.'
  if (request.servers.length === 0) return 'The definition names no server.'
  if (request.servers.every((server) => originOf(server) === undefined))
    return 'The definition names its server without a host.'
  return undefined
}

export interface Filled {
  /** By the place of each among the request's parameters. */
  values: readonly string[]
  body: string
}

/** What goes to the server. */
export interface Prepared {
  url: string
  method: string
  headers: [string, string][]
  body?: string | undefined
}

/** Names of headers that may be sent at all; a name from a definition can be anything. */
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

/** The request with what was filled in; a sentence where it would not go where it was meant to. */
export function prepare(request: HttpRequest, place: Place, { values, body }: Filled): Prepared | string {
  const filled = request.parameters.map((parameter, i): [RequestParameter, string] => [parameter, values[i] ?? ''])
  let path = request.path
  for (const [{ in: where, name }, value] of filled) {
    if (where !== 'path') continue
    if (value === '') return `Fill in ${name}.`
    path = path.replaceAll(`{${name}}`, () => encode(value))
  }
  const written = place.server.replace(/\/$/, '') + (path.startsWith('/') ? path : `/${path}`)
  let url: URL
  try {
    url = new URL(written)
  } catch {
    return `${written} is no address.`
  }
  // The path comes from the definition too: whatever it says, the request goes to the server that was chosen.
  if (url.origin !== place.origin || url.username !== '') return 'The address would lead to another server.'
  url.hash = ''
  for (const [{ in: where, name, required }, value] of filled) {
    if (where !== 'query') continue
    if (value !== '') url.searchParams.append(name, value)
    else if (required) return `Fill in ${name}.`
  }
  const headers: [string, string][] = []
  for (const [{ in: where, name, required }, value] of filled) {
    if (where !== 'header') continue
    if (value === '' && required) return `Fill in ${name}.`
    if (value === '') continue
    if (!headerName.test(name)) return `“${name}” is no name of a header.`
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return `A header cannot hold what is written in ${name}.`
    headers.push([name, value])
  }
  const bare = request.method === 'GET' || request.method === 'HEAD'
  if (!request.body || bare) return { url: url.href, method: request.method, headers }
  if (body === '' && request.body.required) return 'Fill in the body.'
  if (body === '') return { url: url.href, method: request.method, headers }
  return {
    url: url.href,
    method: request.method,
    headers: [
      ...headers.filter(([name]) => name.toLowerCase() !== 'content-type'),
      ['Content-Type', request.body.media],
    ],
    body,
  }
}

/** What came back. `text` is absent where it is nothing to read; `cut` where there was more of it. */
export interface Reply {
  status: number
  words: string
  /** Milliseconds until the head was there. */
  took: number
  headers: [string, string][]
  media: string
  text?: string | undefined
  cut: boolean
}

const PATIENCE = 30_000

/** More is not read: a server may answer without an end. */
export const MOST_BYTES = 256 * 1024

/** Sends it as the browser of whoever looks, and with nothing of the portal's: no cookie, no address of the page. */
export async function send(prepared: Prepared, signal: AbortSignal): Promise<Reply> {
  const begun = performance.now()
  const answer = await fetch(prepared.url, {
    method: prepared.method,
    headers: prepared.headers,
    body: prepared.body ?? null,
    mode: 'cors',
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
  })
  const took = performance.now() - begun
  const media = answer.headers.get('content-type') ?? ''
  const readable = media === '' || isText(media)
  const { text, cut } = readable ? await bounded(answer) : { text: undefined, cut: false }
  if (!readable) await answer.body?.cancel()
  return {
    status: answer.status,
    words: answer.statusText,
    took: Math.round(took),
    headers: [...answer.headers.entries()],
    media,
    text,
    cut,
  }
}

export function isText(media: string): boolean {
  const type = media.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  return (
    type.startsWith('text/') ||
    /[/+](json|xml|yaml|x-yaml|x-ndjson|graphql|javascript|x-www-form-urlencoded)$/.test(type)
  )
}

async function bounded(answer: Response): Promise<{ text: string; cut: boolean }> {
  const reader = answer.body?.getReader()
  if (!reader) return { text: '', cut: false }
  const decoder = new TextDecoder()
  let text = ''
  let left = MOST_BYTES
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { text: text + decoder.decode(), cut: false }
    text += decoder.decode(value.subarray(0, left), { stream: true })
    left -= value.byteLength
    if (left < 0) {
      await reader.cancel()
      return { text, cut: true }
    }
  }
}
