import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Feed } from './feed.ts'
import { keys } from './keys.ts'

class Events extends EventTarget {
  static last: Events | undefined
  readyState = 1
  constructor() {
    super()
    Events.last = this
  }
  close(): void {}
}

const change = (revision: number) => {
  const data = JSON.stringify({ revision, ref: 'component:default/x', uid: '', op: 'updated', at: '' })
  Events.last?.dispatchEvent(new MessageEvent('change', { data }))
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
  let stop: () => void

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('EventSource', Events)
    client = new QueryClient()
    stop = new Feed(client).start(1)
  })

  afterEach(() => {
    stop()
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
