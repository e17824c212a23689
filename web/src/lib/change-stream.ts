import { withQuery } from './api.ts'
import { api } from './paths.ts'
import type { ChangeNews } from './portico.ts'

export type FeedNews =
  /** The stream runs from this revision on. `anew`: changes before it may have been missed, and it may be lower than what was seen. */
  | { type: 'open'; revision: number; anew: boolean }
  | { type: 'change'; revision: number; ref: string }
  | { type: 'lost'; at: number }
  /** Something changed of what is kept for the person. */
  | { type: 'setting' }

export interface Follower {
  tell: (news: FeedNews) => void
  /** Up to where the log is known. */
  revision: () => number
  /** Asks the server for its revision; rejects while it does not answer or nobody is signed in. */
  present: () => Promise<number>
}

/** How long to wait before the next try, in milliseconds; the last one is repeated. */
const WAITS = [2_000, 5_000, 10_000]

/**
 * One stream of changes from the server. After a loss it asks where the server is before it opens again: an EventSource
 * by itself would go on from a revision that a restored database does not have yet, or that the log has no more, for ever.
 */
export class ChangeStream {
  #events: EventSource | undefined
  #timer: number | undefined
  #tries = 0
  #closed = false

  constructor(private readonly follower: Follower) {}

  open(): this {
    this.#connect(this.follower.revision(), false)
    return this
  }

  /** Opens where an earlier stream ended, unless the server is behind that by now. */
  resume(): this {
    void this.#again(false)
    return this
  }

  close(): void {
    this.#closed = true
    this.#events?.close()
    window.clearTimeout(this.#timer)
  }

  #connect(after: number, anew: boolean): void {
    const { tell } = this.follower
    const events = new EventSource(withQuery(api.changes, { after }))
    this.#events = events
    events.addEventListener('open', () => {
      this.#tries = 0
      tell({ type: 'open', revision: after, anew })
    })
    events.addEventListener('change', (event: MessageEvent<string>) => {
      const { revision, ref } = JSON.parse(event.data) as ChangeNews
      tell({ type: 'change', revision, ref })
    })
    events.addEventListener('setting', () => {
      tell({ type: 'setting' })
    })
    // What this reader may see is not what it was: only reading everything anew tells.
    events.addEventListener('resync', () => {
      events.close()
      this.follower.tell({ type: 'lost', at: Date.now() })
      void this.#again(true)
    })
    events.addEventListener('error', () => {
      events.close()
      this.#lose()
    })
  }

  #lose(): void {
    this.follower.tell({ type: 'lost', at: Date.now() })
    const wait = WAITS[Math.min(this.#tries++, WAITS.length - 1)]
    this.#timer = window.setTimeout(() => void this.#again(true), wait)
  }

  async #again(lost: boolean): Promise<void> {
    try {
      const [known, present] = [this.follower.revision(), await this.follower.present()]
      if (this.#closed) return
      if (lost || present < known) this.#connect(present, true)
      else this.#connect(known, false)
    } catch {
      if (!this.#closed) this.#lose()
    }
  }
}
