import type { QueryClient } from '@tanstack/react-query'
import { lowerRevision, noteRevision } from './api.ts'
import type { FeedNews } from './change-stream.ts'
import { keys } from './keys.ts'
import { sessionQuery } from './session.ts'
import { settings } from './settings.ts'

export interface FeedState {
  status: 'connecting' | 'live' | 'lost'
  revision: number
  /** Since when the feed is lost, in milliseconds. */
  lostAt?: number | undefined
}

const QUIET = 250
const LONGEST = 2_000
/** After how long what follows the feed is loaded again, where it could not be, in milliseconds. */
const AGAIN = 10_000
/** Sources and problems are asked for again at most once in this time, in milliseconds. */
const OPERATE = 5_000

/**
 * Follows the change feed and makes the cache forget what changed. One per tab.
 *
 * Guarantee: after a lost connection everything that is drawn is asked for again, so nothing stays stale.
 */
export class Feed {
  #state: FeedState = { status: 'connecting', revision: 0 }
  #listeners = new Set<() => void>()
  #pending = new Set<string>()
  #firstAt = 0
  #flushTimer: number | undefined
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
    let stop: (() => void) | undefined
    let timer: number | undefined
    let ended = false
    // No page waits for it, so it is not in what every page loads first.
    const follow = async () => {
      try {
        const { followChanges } = await import('./follow-changes.ts')
        if (ended) return
        stop = followChanges({
          tell: this.#hear,
          revision: () => this.#state.revision,
          present: () => this.#present(),
        })
      } catch {
        if (ended) return
        this.#hear({ type: 'lost', at: Date.now() })
        timer = window.setTimeout(() => void follow(), AGAIN)
      }
    }
    void follow()
    return () => {
      ended = true
      stop?.()
      window.clearTimeout(timer)
      window.clearTimeout(this.#flushTimer)
      window.clearTimeout(this.#operateTimer)
      this.#operateTimer = undefined
    }
  }

  /** The session says where the catalog is. */
  async #present(): Promise<number> {
    const { revision } = await this.client.fetchQuery({ ...sessionQuery, staleTime: 0 })
    if (revision === undefined) throw new Error('the session names no revision: nobody is signed in')
    return revision
  }

  #hear = (news: FeedNews): void => {
    switch (news.type) {
      case 'change':
        this.#set({ revision: Math.max(this.#state.revision, news.revision) })
        // Or the answer to what is asked for now could be older than the change.
        noteRevision(news.revision)
        this.#note(news.ref)
        return
      case 'lost':
        if (this.#state.status !== 'lost') this.#set({ status: 'lost', lostAt: news.at })
        return
      case 'setting':
        settings.refresh()
        return
      case 'open':
        // What changed while nobody listened is told by nobody.
        settings.refresh()
        this.#opened(news.revision, news.anew)
    }
  }

  #opened(revision: number, anew: boolean): void {
    // The tab that holds the stream may have heard changes before this one listened.
    const missed = anew || revision > this.#state.revision
    this.#set({
      status: 'live',
      lostAt: undefined,
      revision: anew ? revision : Math.max(this.#state.revision, revision),
    })
    if (!missed) return
    if (anew) lowerRevision(revision)
    noteRevision(revision)
    void this.client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] })
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
        for (const queryKey of [keys.sources, keys.problems, keys.around])
          void this.client.invalidateQueries({ queryKey })
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
  const placed = [...refs].some((ref) => /^(system|domain):/i.test(ref))
  return [
    ...single,
    ...(placed ? [keys.places] : []),
    keys.entities,
    keys.lists,
    keys.facets,
    keys.changes,
    // What follows from a removal is what one agrees to, so it is never older than what is there.
    keys.allConsequences,
  ]
}
