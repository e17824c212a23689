import { isApiError } from './api-error.ts'

/** One value as the server gives it. */
export interface Entry {
  bucket: string
  key: string
  value: unknown
}

/** Where a setting is kept, and how its changes are sent. */
export interface Place {
  bucket: string
  key: string
  /** What it is, as the first words of a sentence: "The star". */
  words?: string
  /** Milliseconds that a change waits for the next one, where many come one after the other. */
  wait?: number
  /** Nobody asked for the change, so nobody is told when it is not kept. */
  quiet?: boolean
}

export interface Remote {
  load: () => Promise<Entry[]>
  /** `leaving`: the page goes away, and the request must outlive it. */
  put: (place: Place, value: unknown, leaving: boolean) => Promise<void>
}

type Values = Record<string, Record<string, unknown>>

/** One change that the server has not confirmed. It may be applied more than once, to whatever is known by then. */
interface Op {
  apply: (now: unknown) => unknown
  quiet: boolean
}

/** The copies in this browser, so that a page is drawn right before the server answers. Also read by public/theme.js. */
export const MINE = 'portico-settings'
export const GUEST = 'portico-settings-guest'

const QUIET = 250
const WAITS = [2_000, 5_000, 10_000, 30_000]
const RETRIES = [400, 800]

const idOf = (place: Place) => `${place.bucket}\n${place.key}`
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/**
 * The settings of whoever is here. What they change is drawn at once, sent after it, and put back where the server
 * refuses it. Changes are functions of what is there, so that one that was made before the answer of the server, or
 * while another browser changed the same, keeps what the other did.
 */
export class SettingsStore {
  #owner: string | undefined
  #kept = new Map<string, unknown>()
  #ops = new Map<string, Op[]>()
  #shown = new Map<string, unknown>()
  #places = new Map<string, Place>()
  #listeners = new Set<() => void>()
  #refused = new Set<(words: string | undefined, error: unknown) => void>()
  #timers = new Map<string, ReturnType<typeof setTimeout>>()
  #sending = new Set<string>()
  /** The order of loads and of writes that came back: a load that began before a write does not know it. */
  #clock = 0
  #wrote = new Map<string, number>()
  #fresh = false
  #loading = false
  #again = false
  #tries = 0
  #loadTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly remote: Remote,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined,
  ) {
    // Until the session is known: as it was left.
    const mine = this.#read(MINE)
    this.#take(mine?.owner ? mine.values : this.#read(GUEST)?.values)
  }

  /** Follows the settings of a person by their ref, or of the guest of this browser. */
  begin(owner: string | undefined): void {
    const who = owner ?? ''
    if (this.#owner === who) return
    const known = this.#owner !== undefined
    this.#owner = who
    this.#ops.clear()
    this.#wrote.clear()
    this.#timers.forEach(clearTimeout)
    this.#timers.clear()
    const copy = this.#read(who === '' ? GUEST : MINE)
    const mine = who === '' || copy?.owner === who
    if (known || !mine || who === '') this.#take(mine ? copy?.values : undefined)
    this.#fresh = who === ''
    // Whoever comes to this browser next finds nothing of the person before.
    if (!mine || who === '') this.#drop(MINE)
    this.#tell()
    if (!this.#fresh) void this.#load()
  }

  /** Nothing of the person stays in this browser. */
  forget(): void {
    this.#drop(MINE)
  }

  get(place: Place): unknown {
    const id = idOf(place)
    if (!this.#shown.has(id)) {
      const ops = this.#ops.get(id) ?? []
      this.#shown.set(
        id,
        ops.reduce((now, op) => op.apply(now), this.#kept.get(id)),
      )
    }
    return this.#shown.get(id)
  }

  /** `apply` gives the value anew from what is there; given its own answer it gives that again. */
  change(place: Place, apply: (now: unknown) => unknown): void {
    const id = idOf(place)
    this.#places.set(id, place)
    if (!this.#owner) {
      this.#kept.set(id, apply(this.#kept.get(id)))
      this.#shown.delete(id)
      this.#write()
      this.#tell()
      return
    }
    const next = apply(this.get(place))
    if (same(next, this.get(place))) return
    this.#ops.set(id, [...(this.#ops.get(id) ?? []), { apply, quiet: place.quiet ?? false }])
    this.#shown.delete(id)
    this.#tell()
    if (!this.#fresh) {
      if (!this.#loading) void this.#load()
      return
    }
    this.#plan(id, place.wait ?? 0)
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** `heard` is told what was not kept, and why. */
  onRefused(heard: (words: string | undefined, error: unknown) => void): () => void {
    this.#refused.add(heard)
    return () => this.#refused.delete(heard)
  }

  /** Something changed elsewhere, or may have. */
  refresh(): void {
    if (!this.#owner) return
    clearTimeout(this.#loadTimer)
    this.#loadTimer = setTimeout(() => void this.#load(), QUIET)
  }

  /** Sends what still waits: the page may go away. */
  async flush(): Promise<void> {
    const waiting = [...this.#timers]
    this.#timers.clear()
    await Promise.all(
      waiting.map(([id, timer]) => {
        clearTimeout(timer)
        return this.#send(id, true)
      }),
    )
  }

  /** Another tab of the guest changed theirs. */
  reread(): void {
    if (this.#owner) return
    this.#take(this.#read(GUEST)?.values)
    this.#tell()
  }

  #plan(id: string, wait: number): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.set(
      id,
      setTimeout(() => {
        this.#timers.delete(id)
        void this.#send(id, false)
      }, wait),
    )
  }

  async #send(id: string, leaving: boolean): Promise<void> {
    const place = this.#places.get(id)
    const ops = this.#ops.get(id) ?? []
    if (!place || ops.length === 0 || this.#sending.has(id)) return
    const owner = this.#owner
    const value = ops.reduce((now, op) => op.apply(now), this.#kept.get(id))
    let error: unknown
    if (!same(value, this.#kept.get(id))) {
      this.#sending.add(id)
      error = await this.#put(place, value, leaving)
      this.#sending.delete(id)
      // Somebody else is here by now: theirs is another map.
      if (this.#owner !== owner) return
    }
    this.#ops.set(id, (this.#ops.get(id) ?? []).slice(ops.length))
    if (error === undefined) {
      this.#kept.set(id, value)
      this.#wrote.set(id, ++this.#clock)
      this.#write()
    } else if (!ops.every((op) => op.quiet)) this.#refuse(place.words, error)
    this.#shown.delete(id)
    this.#tell()
    if (this.#ops.get(id)?.length) this.#plan(id, place.wait ?? 0)
  }

  /** What went wrong in the end; undefined where it was kept. */
  async #put(place: Place, value: unknown, leaving: boolean): Promise<unknown> {
    for (let n = 0; ; n++) {
      try {
        await this.remote.put(place, value, leaving)
        return undefined
      } catch (error) {
        const wait = RETRIES[n]
        if (wait === undefined || leaving || !isApiError(error) || !error.transient)
          return error ?? new Error('not kept')
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
  }

  async #load(): Promise<void> {
    clearTimeout(this.#loadTimer)
    if (this.#loading) {
      this.#again = true
      return
    }
    this.#loading = true
    const owner = this.#owner
    const began = ++this.#clock
    try {
      const entries = await this.remote.load()
      if (this.#owner === owner) this.#loaded(entries, began)
    } catch (error) {
      if (this.#owner === owner) this.#unloaded(error)
    } finally {
      this.#loading = false
      if (this.#again || this.#owner !== owner) {
        this.#again = false
        if (this.#owner) void this.#load()
      }
    }
  }

  #loaded(entries: Entry[], began: number): void {
    const next = new Map(entries.map((entry) => [idOf(entry), entry.value]))
    for (const [id, at] of this.#wrote) {
      if (at > began) next.set(id, this.#kept.get(id))
    }
    // What is the same keeps its identity, so that nothing is drawn again for it.
    for (const [id, value] of next) {
      const before = this.#kept.get(id)
      if (same(before, value)) next.set(id, before)
    }
    this.#kept = next
    this.#fresh = true
    this.#tries = 0
    this.#shown.clear()
    this.#write()
    this.#tell()
    for (const [id, ops] of this.#ops) if (ops.length > 0 && !this.#timers.has(id)) this.#plan(id, 0)
  }

  #unloaded(error: unknown): void {
    if (!this.#fresh) {
      // Whoever changed something must not believe that it is kept.
      for (const [id, ops] of this.#ops) {
        if (ops.some((op) => !op.quiet)) this.#refuse(this.#places.get(id)?.words, error)
      }
      this.#ops.clear()
      this.#shown.clear()
      this.#tell()
    }
    if (!isApiError(error) || !error.transient) return
    const wait = WAITS[Math.min(this.#tries++, WAITS.length - 1)]
    this.#loadTimer = setTimeout(() => void this.#load(), wait)
  }

  #refuse(words: string | undefined, error: unknown): void {
    this.#refused.forEach((heard) => {
      heard(words, error)
    })
  }

  #tell(): void {
    this.#listeners.forEach((listener) => {
      listener()
    })
  }

  #take(values: Values | undefined): void {
    this.#shown.clear()
    this.#kept = new Map(
      Object.entries(values ?? {}).flatMap(([bucket, keys]) =>
        Object.entries(keys).map(([key, value]): [string, unknown] => [idOf({ bucket, key }), value]),
      ),
    )
  }

  #read(name: string): { owner?: string; values: Values } | undefined {
    try {
      const stored: unknown = JSON.parse(this.storage?.getItem(name) ?? 'null')
      if (typeof stored !== 'object' || stored === null || !('values' in stored)) return undefined
      const { values } = stored
      const owner = 'owner' in stored && typeof stored.owner === 'string' ? stored.owner : ''
      return typeof values === 'object' && values !== null ? { owner, values: values as Values } : undefined
    } catch {
      return undefined
    }
  }

  #write(): void {
    const values: Values = {}
    for (const [id, value] of this.#kept) {
      const [bucket = '', key = ''] = id.split('\n')
      values[bucket] = { ...values[bucket], [key]: value }
    }
    try {
      this.storage?.setItem(this.#owner ? MINE : GUEST, JSON.stringify({ owner: this.#owner, values }))
    } catch {
      // Without storage the next page is drawn with the defaults until the server answers.
    }
  }

  #drop(name: string): void {
    try {
      this.storage?.removeItem(name)
    } catch {
      // There is none, so nothing is in it.
    }
  }
}
