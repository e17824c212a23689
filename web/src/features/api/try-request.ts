import type { TryItServer } from '../../lib/portico.ts'
import type { HttpRequest, RequestBody, RequestParameter, RequestPart } from './read/model.ts'
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
  const { body } = request
  if (body?.media.startsWith('multipart/') && !body.parts) return `This page puts no ${body.media} together.`
  if (body?.parts?.length === 0) return 'The definition does not say what its form has in it.'
  if (request.servers.length === 0) return 'The definition names no server.'
  if (request.servers.every((server) => originOf(server) === undefined))
    return 'The definition names its server without a host.'
  return undefined
}

export interface Filled {
  /** By the place of each among the request's parameters. */
  values: readonly string[]
  body: string
  /** Of each part of a form its text or its files; of a body that is a file, the first alone. */
  parts?: readonly (string | File[])[]
}

/** What goes to the server. */
export interface Prepared {
  url: string
  method: string
  headers: [string, string][]
  body?: string | FormData | File | undefined
}

/** More is not sent: it is to try an operation, and the page waits for it. */
export const MOST_SENT = 20 * 1024 * 1024

/** Headers that a browser writes itself; from a page it drops them without a word. */
const browsersOwn =
  /^(?:accept-(?:charset|encoding)|access-control-request-.*|connection|content-length|cookie2?|date|dnt|expect|host|keep-alive|origin|referer|set-cookie|te|trailer|transfer-encoding|upgrade|via|proxy-.*|sec-.*)$/i

/** Why the browser does not let a page send this one. */
export function keptBack({ in: where, name }: RequestParameter): 'cookie' | 'header' | undefined {
  if (where === 'cookie') return 'cookie'
  return where === 'header' && browsersOwn.test(name) ? 'header' : undefined
}

/** Names of headers that may be sent at all; a name from a definition can be anything. */
const headerName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/

/** The request with what was filled in; a sentence where it would not go where it was meant to. */
export function prepare(request: HttpRequest, place: Place, { values, body, parts = [] }: Filled): Prepared | string {
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
    if (where !== 'header' || keptBack({ in: where, name, value })) continue
    if (value === '' && required) return `Fill in ${name}.`
    if (value === '') continue
    if (!headerName.test(name)) return `“${name}” is no name of a header.`
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return `A header cannot hold what is written in ${name}.`
    headers.push([name, value])
  }
  const { method } = request
  const sent: Prepared = { url: url.href, method, headers }
  if (!request.body || method === 'GET' || method === 'HEAD') return sent
  const content = contentOf(request.body, body, parts)
  if (typeof content === 'string') return content
  if (!content) return sent
  const own = ([name]: [string, string]) => name.toLowerCase() === 'content-type'
  return {
    ...sent,
    headers: [
      ...headers.filter((header) => !own(header)),
      ...(content.media === undefined ? [] : [['Content-Type', content.media] as [string, string]]),
    ],
    body: content.body,
  }
}

interface Content {
  /** None where the browser writes it: it alone knows where one part ends. */
  media?: string
  body: string | FormData | File
}

/** The body as it is sent; a sentence where something is missing, and nothing where nothing is sent. */
function contentOf(
  asked: RequestBody,
  text: string,
  parts: readonly (string | File[])[],
): Content | string | undefined {
  if (asked.parts) return formOf(asked.parts, parts)
  if (asked.file) {
    const file = Array.isArray(parts[0]) ? parts[0][0] : undefined
    if (!file) return asked.required ? 'Choose a file.' : undefined
    if (file.size > MOST_SENT) return tooLarge
    return { media: asked.media.includes('*') ? file.type || 'application/octet-stream' : asked.media, body: file }
  }
  if (text === '') return asked.required ? 'Fill in the body.' : undefined
  return { media: asked.media, body: text }
}

function formOf(asked: RequestPart[], parts: readonly (string | File[])[]): Content | string {
  const form = new FormData()
  let size = 0
  for (const [i, { name, required, file, media }] of asked.entries()) {
    const value = parts[i] ?? ''
    if (file) {
      const files = Array.isArray(value) ? value : []
      if (files.length === 0 && required) return `Choose a file for ${name}.`
      for (const one of files) {
        size += one.size
        form.append(name, one, one.name)
      }
      continue
    }
    if (typeof value !== 'string' || value === '') {
      if (required) return `Fill in ${name}.`
      continue
    }
    size += value.length
    if (media === undefined) form.append(name, value)
    else form.append(name, new Blob([value], { type: media }))
  }
  return size > MOST_SENT ? tooLarge : { body: form }
}

const tooLarge = 'From this page at most 20 MiB are sent. The command sends more.'

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
