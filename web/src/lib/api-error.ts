/**
 * A request that did not succeed, in the words of the server's envelope.
 * `status` 0: the server was not reached.
 */
export class ApiError extends Error {
  readonly status: number
  readonly id: string | undefined
  readonly remedy: string | undefined

  constructor(name: string, message: string, status: number, id?: string, remedy?: string) {
    super(message)
    this.name = name
    this.status = status
    this.id = id
    this.remedy = remedy
  }

  /** The thing asked for is not there. */
  get notFound(): boolean {
    return this.status === 404
  }

  /** Asking again can help: no answer, too slow, too many, or the server's own fault. */
  get transient(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

interface Envelope {
  error?: { name?: unknown; message?: unknown; id?: unknown; remedy?: unknown }
}

/** Reads Backstage's error envelope; a body that is none still becomes a sentence. */
export function toApiError(status: number, body: unknown): ApiError {
  const error = (body as Envelope | null)?.error
  const str = (v: unknown) => (typeof v === 'string' && v !== '' ? v : undefined)
  return new ApiError(
    str(error?.name) ?? 'ResponseError',
    str(error?.message) ?? `the server answered ${status} without saying why`,
    status,
    str(error?.id),
    str(error?.remedy),
  )
}

export function isApiError(error: unknown): error is ApiError {
  return error instanceof ApiError
}
