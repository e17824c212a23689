import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lowerRevision, request } from './api.ts'
import { Feed } from './feed.ts'
import { keys } from './keys.ts'
import { settings } from './settings.ts'

class Events extends EventTarget {
  static all: Events[] = []
  readyState = 1
  closed = false
  constructor(readonly url: string) {
    super()
    Events.all.push(this)
  }
  static get last(): Events | undefined {
    return Events.all.at(-1)
  }
  close(): void {
    this.closed = true
  }
}

const change = (revision: number) => {
  const data = JSON.stringify({ revision, ref: 'component:default/x', uid: '', op: 'updated', paths: [], at: '' })
  Events.last?.dispatchEvent(new MessageEvent('change', { data }))
}
const happens = (what: 'open' | 'error' | 'resync') => Events.last?.dispatchEvent(new Event(what))

/** The page as the feed sees it. */
class Sheet extends EventTarget {
  hidden = false
  show(shown: boolean): void {
    this.hidden = !shown
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

/** A query that is drawn; returns how often it was asked. */
async function drawn(client: QueryClient, queryKey: readonly unknown[]) {
  const ask = vi.fn(() => Promise.resolve(0))
  new QueryObserver(client, { queryKey, queryFn: ask, staleTime: Infinity }).subscribe(() => undefined)
  await vi.advanceTimersByTimeAsync(0)
  ask.mockClear()
  return ask
}

describe('Feed', () => {
  let client: QueryClient
  let feed: Feed
  let stop: () => void
  let sheet: Sheet
  /** Where the server is. */
  let present: number
  /** The revision that each request asked for at least, by path. */
  let asked: [string, string | null][]

  beforeEach(async () => {
    vi.useFakeTimers()
    sheet = new Sheet()
    present = 1
    asked = []
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('document', sheet)
    vi.stubGlobal('navigator', {})
    vi.stubGlobal('EventSource', Events)
    vi.stubGlobal('fetch', (path: string, { headers }: RequestInit) => {
      asked.push([path, new Headers(headers).get('Portico-Min-Revision')])
      return Promise.resolve(Response.json({ signedIn: true, revision: present }))
    })
    Events.all = []
    client = new QueryClient()
    feed = new Feed(client)
    stop = feed.start(1)
    await vi.dynamicImportSettled()
  })

  afterEach(() => {
    stop()
    lowerRevision(0)
    client.clear()
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  it('asks for problems and sources at most once in 5 s, and for lists as they change', async () => {
    const problems = await drawn(client, keys.problems)
    const sources = await drawn(client, keys.sources)
    const list = await drawn(client, keys.list('a'))
    for (let revision = 2; revision <= 11; revision++) {
      change(revision)
      await vi.advanceTimersByTimeAsync(500)
    }
    expect(list).toHaveBeenCalledTimes(10)
    expect(problems).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(problems).toHaveBeenCalledTimes(2)
    expect(sources).toHaveBeenCalledTimes(2)
  })

  it('has settings read again when the stream tells of one, and when it opens', () => {
    const refresh = vi.spyOn(settings, 'refresh')
    happens('open')
    expect(refresh).toHaveBeenCalledTimes(1)
    Events.last?.dispatchEvent(new MessageEvent('setting', { data: '{"bucket":"a","key":"b"}' }))
    expect(refresh).toHaveBeenCalledTimes(2)
  })

  it('follows from the revision that it knows', () => {
    expect(Events.last?.url).toBe('/api/catalog/changes?after=1')
  })

  it('asks for nothing older than the change that it heard of', async () => {
    change(7)
    await request('/x')
    expect(asked).toEqual([['/x', '7']])
  })

  it('after a loss goes on from where the server is, and asks for all that is drawn', async () => {
    const list = await drawn(client, keys.list('a'))
    happens('open')
    change(7)
    await vi.advanceTimersByTimeAsync(5_000)
    list.mockClear()
    present = 9
    happens('error')
    expect(feed.state.status).toBe('lost')
    expect(Events.last?.closed).toBe(true)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(Events.last?.url).toBe('/api/catalog/changes?after=9')
    happens('open')
    await vi.advanceTimersByTimeAsync(0)
    expect(feed.state).toMatchObject({ status: 'live', revision: 9 })
    expect(list).toHaveBeenCalledTimes(1)
  })

  it('where other things can be seen asks for all that is drawn, at once', async () => {
    const list = await drawn(client, keys.list('a'))
    happens('open')
    list.mockClear()
    present = 9
    happens('resync')
    expect(Events.last?.closed).toBe(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(Events.last?.url).toBe('/api/catalog/changes?after=9')
    happens('open')
    await vi.advanceTimersByTimeAsync(0)
    expect(list).toHaveBeenCalledTimes(1)
  })

  it('after a loss asks no read for a revision that a restored database does not have', async () => {
    happens('open')
    change(70)
    present = 3
    happens('error')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(Events.last?.url).toBe('/api/catalog/changes?after=3')
    happens('open')
    expect(feed.state.revision).toBe(3)
    await request('/x')
    expect(asked.at(-1)).toEqual(['/x', '3'])
  })

  it('tries again while nobody answers', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
    happens('error')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(Events.all).toHaveLength(1)
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ signedIn: true, revision: 4 })))
    await vi.advanceTimersByTimeAsync(12_000)
    expect(Events.last?.url).toBe('/api/catalog/changes?after=4')
  })

  it('without locks holds no connection while nobody looks', async () => {
    happens('open')
    change(5)
    present = 6
    sheet.show(false)
    expect(Events.last?.closed).toBe(true)
    sheet.show(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(Events.last?.url).toBe('/api/catalog/changes?after=5')
    expect(Events.all).toHaveLength(2)
  })

  it('leaves the number beside Sources to its own pace', async () => {
    const badge = await drawn(client, keys.openProblems)
    change(2)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(badge).not.toHaveBeenCalled()
  })

  it('does not ask for what no page shows', async () => {
    const ask = vi.fn(() => Promise.resolve(0))
    await client.prefetchQuery({ queryKey: keys.problems, queryFn: ask })
    change(2)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(ask).toHaveBeenCalledTimes(1)
    expect(client.getQueryState(keys.problems)?.isInvalidated).toBe(true)
  })
})
