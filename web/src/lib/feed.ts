import type { QueryClient } from '@tanstack/react-query'
import { keys } from './keys.ts'
import { api } from './paths.ts'
import type { Change } from './portico.ts'

export interface FeedState {
  status: 'connecting' | 'live' | 'lost'
  revision: number
  /** Since when the feed is lost, in milliseconds. */
  lostAt?: number | undefined
}

const QUIET = 250
const LONGEST = 2_000
const RETRY = 10_000
/** Sources and problems are asked for again at most once in this time, in milliseconds. */
const OPERATE = 5_000

/**
 * Follows the change feed and makes the cache forget what changed. One per page.
 *
 * Guarantee: after a lost connection everything that is drawn is asked for again, so nothing stays stale.
 */
export class Feed {
  #state: FeedState = { status: 'connecting', revision: 0 }
  #listeners = new Set<() => void>()
  #events: EventSource | undefined
  #pending = new Set<string>()
  #firstAt = 0
  #flushTimer: number | undefined
  #retryTimer: number | undefined
  #operateTimer: number | undefined
  #operateAt = -OPERATE

  constructor(private readonly client: QueryClient) {}

  get state(): FeedState {
    return this.#state
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(revision: number): () => void {
    this.#set({ revision })
    this.#open()
    return () => {
      this.#events?.close()
      window.clearTimeout(this.#retryTimer)
      window.clearTimeout(this.#flushTimer)
      window.clearTimeout(this.#operateTimer)
      this.#operateTimer = undefined
    }
  }

  #open(): void {
    const events = new EventSource(api.changes)
    this.#events = events
    events.addEventListener('open', () => {
      const wasLost = this.#state.status === 'lost'
      this.#set({ status: 'live', lostAt: undefined })
      if (wasLost) void this.client.invalidateQueries()
    })
    events.addEventListener('change', (event: MessageEvent<string>) => {
      const change = JSON.parse(event.data) as Change
      this.#set({ revision: Math.max(this.#state.revision, change.revision) })
      this.#note(change.ref)
    })
    events.addEventListener('error', () => {
      if (this.#state.status !== 'lost') this.#set({ status: 'lost', lostAt: Date.now() })
      // The browser reconnects by itself unless the server refused (410: our place in the log is gone, 401, 5xx).
      if (events.readyState !== EventSource.CLOSED) return
      this.#retryTimer = window.setTimeout(() => {
        void this.client.invalidateQueries({ queryKey: keys.session })
        this.#open()
      }, RETRY)
    })
  }

  #note(ref: string): void {
    if (this.#pending.size === 0) this.#firstAt = Date.now()
    this.#pending.add(ref)
    window.clearTimeout(this.#flushTimer)
    const left = this.#firstAt + LONGEST - Date.now()
    this.#flushTimer = window.setTimeout(
      () => {
        this.#flush()
      },
      Math.max(0, Math.min(QUIET, left)),
    )
  }

  #flush(): void {
    const refs = this.#pending
    this.#pending = new Set()
    for (const key of keysTouchedBy(refs)) void this.client.invalidateQueries({ queryKey: key })
    this.#touchOperate()
  }

  /** They are long and cost the server more than a list; where no page shows them they are only marked. */
  #touchOperate(): void {
    this.#operateTimer ??= window.setTimeout(
      () => {
        this.#operateTimer = undefined
        this.#operateAt = Date.now()
        for (const queryKey of [keys.sources, keys.problems]) void this.client.invalidateQueries({ queryKey })
      },
      Math.max(0, this.#operateAt + OPERATE - Date.now()),
    )
  }

  #set(next: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...next }
    this.#listeners.forEach((l) => {
      l()
    })
  }
}

/**
 * The cache keys that changes of these refs touch, but for sources and problems, which have a pace of their own. Entities are all touched, because a neighbour's change moves
 * relations; a query that nothing draws is only marked and not asked again.
 */
export function keysTouchedBy(refs: Set<string>): (readonly unknown[])[] {
  const single = [...refs].flatMap((ref) => [keys.summary(ref), keys.history(ref), keys.source(ref)])
  return [...single, keys.entities, keys.lists, keys.facets, keys.changes]
}
