import { ApiError, toApiError } from './api-error.ts'

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  signal?: AbortSignal
  /** The request outlives the page that sends it. */
  keepalive?: boolean
}

/**
 * The highest revision that this tab changed or heard of: reads ask for a snapshot that has it, so that nobody misses
 * their own save and nothing that is asked for after a change is older than the change.
 */
let knownRevision = 0

export function noteRevision(value: string | number | null): void {
  const revision = Number(value)
  if (Number.isFinite(revision) && revision > knownRevision) knownRevision = revision
}

/** For a server that is behind what was seen, as after a restored backup: it could not answer any read that asks for more. */
export function lowerRevision(to: number): void {
  knownRevision = Math.min(knownRevision, to)
}

/**
 * Sends one request to Portico's API and returns the decoded body, undefined when there is none.
 * Throws ApiError on any answer that is not a success and when no answer comes; throws AbortError when aborted.
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const method = options.method ?? 'GET'
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (knownRevision > 0) headers['Portico-Min-Revision'] = String(knownRevision)

  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.keepalive ? { keepalive: true } : {}),
    })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError(
      'NetworkError',
      'Portico does not answer',
      0,
      undefined,
      'Check the connection; the page tries again.',
    )
  }

  const body: unknown = await decode(response)
  if (!response.ok) throw toApiError(response.status, body)
  noteRevision(response.headers.get('Portico-Revision'))
  return body as T
}

async function decode(response: Response): Promise<unknown> {
  const raw = await response.text()
  if (raw === '') return undefined
  try {
    return JSON.parse(raw)
  } catch {
    if (!response.ok) return undefined
    throw new ApiError('ResponseError', 'the server answered with something that is not JSON', response.status)
  }
}

/** Adds repeated and single parameters to a path; undefined and empty ones are left out. */
export function withQuery(path: string, query: Record<string, string | number | string[] | undefined>): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== '') params.append(key, String(one))
    }
  }
  const tail = params.toString()
  return tail ? `${path}?${tail}` : path
}
