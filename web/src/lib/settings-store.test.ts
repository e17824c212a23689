import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from './api-error.ts'
import { GUEST, MINE, SettingsStore, type Entry, type Place } from './settings-store.ts'

const stars: Place = { bucket: 'stars', key: 'refs', words: 'The star' }
const theme: Place = { bucket: 'look', key: 'theme', words: 'The theme' }
const recent: Place = { bucket: 'recent', key: 'refs', wait: 3_000, quiet: true }
const ANN = 'user:default/ann'

const add = (ref: string) => (now: unknown) => {
  const list = (now as string[] | undefined) ?? []
  return list.includes(ref) ? list : [...list, ref]
}
const to = (value: unknown) => () => value
const away = new ApiError('NetworkError', 'Portico does not answer', 0)
const refusal = new ApiError('NotAllowedError', 'no', 403)

/** The portal as the store sees it: answers when it is told to. */
class Portal {
  kept = new Map<string, Entry>()
  puts: [string, unknown, boolean][] = []
  loads = 0
  fails: ApiError | undefined
  /** Answers that are held back. */
  held: (() => void)[] | undefined

  load = async (): Promise<Entry[]> => {
    this.loads++
    const answer = [...this.kept.values()]
    await this.#turn()
    return answer
  }

  put = async ({ bucket, key }: Place, value: unknown, leaving: boolean): Promise<void> => {
    this.puts.push([`${bucket}/${key}`, value, leaving])
    await this.#turn()
    this.has({ bucket, key }, value)
  }

  has({ bucket, key }: Place, value: unknown): void {
    this.kept.set(`${bucket}/${key}`, { bucket, key, value: structuredClone(value) })
  }

  async #turn(): Promise<void> {
    if (this.held) await new Promise<void>((release) => this.held?.push(release))
    if (this.fails) throw this.fails
  }
}

class Kept {
  items = new Map<string, string>()
  getItem = (key: string) => this.items.get(key) ?? null
  setItem = (key: string, value: string) => void this.items.set(key, value)
  removeItem = (key: string) => void this.items.delete(key)
}

describe('SettingsStore', () => {
  let portal: Portal
  let kept: Kept
  let store: SettingsStore
  let refused: string[]

  const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms)
  const open = () => {
    store = new SettingsStore(portal, kept)
    store.onRefused((words, error) => refused.push(`${words ?? ''} ${(error as ApiError).name}`))
  }

  beforeEach(() => {
    vi.useFakeTimers()
    portal = new Portal()
    kept = new Kept()
    refused = []
    open()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('draws a change at once and sends it after', async () => {
    store.begin(ANN)
    await settle()
    const told = vi.fn()
    store.subscribe(told)
    store.change(stars, add('a'))
    expect(store.get(stars)).toEqual(['a'])
    expect(told).toHaveBeenCalled()
    await settle()
    expect(portal.puts).toEqual([['stars/refs', ['a'], false]])
    expect(store.get(stars)).toEqual(['a'])
  })

  it('keeps what is there already when a change comes before the first answer', async () => {
    portal.has(stars, ['old'])
    portal.held = []
    store.begin(ANN)
    store.change(stars, add('new'))
    expect(store.get(stars)).toEqual(['new'])
    await settle(1_000)
    expect(portal.puts).toEqual([])
    portal.held.forEach((release) => {
      release()
    })
    portal.held = undefined
    await settle()
    expect(portal.puts).toEqual([['stars/refs', ['old', 'new'], false]])
    expect(store.get(stars)).toEqual(['old', 'new'])
  })

  it('puts a refused change back with a word, and keeps the others', async () => {
    portal.has(stars, ['old'])
    store.begin(ANN)
    await settle()
    portal.fails = refusal
    store.change(stars, add('new'))
    await settle()
    expect(store.get(stars)).toEqual(['old'])
    expect(refused).toEqual(['The star NotAllowedError'])
    expect(portal.puts).toHaveLength(1)
  })

  it('tries again where the portal does not answer, and then gives up', async () => {
    store.begin(ANN)
    await settle()
    portal.fails = away
    store.change(theme, to('dark'))
    await settle(500)
    expect(store.get(theme)).toBe('dark')
    portal.fails = undefined
    await settle(1_000)
    expect(store.get(theme)).toBe('dark')
    expect(refused).toEqual([])
    portal.fails = away
    store.change(theme, to('light'))
    await settle(5_000)
    expect(store.get(theme)).toBe('dark')
    expect(refused).toEqual(['The theme NetworkError'])
  })

  it('says so when nothing could be loaded, and forgets the change', async () => {
    portal.fails = away
    store.begin(ANN)
    await settle()
    store.change(stars, add('a'))
    await settle()
    expect(store.get(stars)).toBeUndefined()
    expect(refused).toEqual(['The star NetworkError'])
    portal.fails = undefined
    portal.has(stars, ['there'])
    await settle(30_000)
    expect(store.get(stars)).toEqual(['there'])
    expect(portal.puts).toEqual([])
  })

  it('sends one request at a time for a setting, and then what came meanwhile', async () => {
    store.begin(ANN)
    await settle()
    portal.held = []
    store.change(stars, add('a'))
    await settle()
    store.change(stars, add('b'))
    store.change(stars, add('c'))
    await settle()
    expect(portal.puts).toHaveLength(1)
    portal.held[0]?.()
    portal.held = undefined
    await settle()
    expect(portal.puts.map(([, value]) => value)).toEqual([['a'], ['a', 'b', 'c']])
    expect(store.get(stars)).toEqual(['a', 'b', 'c'])
  })

  it('shows what another browser changed, and keeps its own change on top', async () => {
    store.begin(ANN)
    await settle()
    portal.has(stars, ['other'])
    store.refresh()
    await settle(250)
    expect(store.get(stars)).toEqual(['other'])
    portal.held = []
    store.change(stars, add('mine'))
    await settle()
    portal.has(stars, ['other', 'third'])
    store.refresh()
    await settle(250)
    portal.held[1]?.()
    await settle()
    expect(store.get(stars)).toEqual(['other', 'third', 'mine'])
  })

  it('does not believe an answer that is older than its own write', async () => {
    portal.has(theme, 'light')
    store.begin(ANN)
    await settle()
    portal.held = []
    store.refresh()
    await settle(250)
    const [answer] = portal.held
    portal.held = undefined
    store.change(theme, to('dark'))
    await settle()
    answer?.()
    await settle()
    expect(store.get(theme)).toBe('dark')
  })

  it('waits with what comes often, and sends it when the page goes', async () => {
    store.begin(ANN)
    await settle()
    store.change(recent, add('a'))
    await settle(2_000)
    store.change(recent, add('b'))
    await settle(2_000)
    expect(portal.puts).toEqual([])
    await settle(1_000)
    expect(portal.puts).toEqual([['recent/refs', ['a', 'b'], false]])
    store.change(recent, add('c'))
    await store.flush()
    expect(portal.puts.at(-1)).toEqual(['recent/refs', ['a', 'b', 'c'], true])
    portal.fails = refusal
    store.change(recent, add('d'))
    await settle(3_000)
    expect(refused).toEqual([])
  })

  it('sends nothing that changes nothing', async () => {
    portal.has(stars, ['a'])
    store.begin(ANN)
    await settle()
    store.change(stars, add('a'))
    await settle(5_000)
    expect(portal.puts).toEqual([])
  })

  it('keeps the identity of what did not change', async () => {
    portal.has(stars, ['a'])
    store.begin(ANN)
    await settle()
    const before = store.get(stars)
    store.refresh()
    await settle(250)
    expect(store.get(stars)).toBe(before)
  })

  it("keeps a guest's in the browser, and takes nothing of it over", async () => {
    store.begin(undefined)
    store.change(stars, add('guest'))
    await settle(5_000)
    expect([portal.loads, portal.puts]).toEqual([0, []])
    open()
    expect(store.get(stars)).toEqual(['guest'])
    store.begin(ANN)
    expect(store.get(stars)).toBeUndefined()
    await settle()
    store.change(theme, to('dark'))
    await settle()
    expect(portal.puts).toEqual([['look/theme', 'dark', false]])
    store.begin(undefined)
    expect([store.get(stars), store.get(theme)]).toEqual([['guest'], undefined])
  })

  it("draws the next page from the browser's copy, and leaves none behind", async () => {
    portal.has(theme, 'dark')
    store.begin(ANN)
    await settle()
    open()
    expect(store.get(theme)).toBe('dark')
    store.begin(ANN)
    expect(store.get(theme)).toBe('dark')
    store.begin('user:default/bob')
    expect(store.get(theme)).toBeUndefined()
    expect(kept.items.has(MINE)).toBe(false)
    await settle()
    store.forget()
    expect([...kept.items.keys()].filter((key) => key !== GUEST)).toEqual([])
  })

  it('leaves what is under way to whom it is of', async () => {
    store.begin(ANN)
    await settle()
    portal.held = []
    store.change(theme, to('dark'))
    await settle()
    store.begin('user:default/bob')
    portal.held.forEach((release) => {
      release()
    })
    portal.held = undefined
    portal.kept.clear()
    await settle(10_000)
    expect(store.get(theme)).toBeUndefined()
  })

  it('lives without storage, and with nonsense in it', () => {
    expect(new SettingsStore(portal, undefined).get(theme)).toBeUndefined()
    for (const nonsense of ['{', 'null', '[]', '{"values":1}', '{"owner":"x"}']) {
      kept.setItem(MINE, nonsense)
      kept.setItem(GUEST, nonsense)
      open()
      expect(store.get(theme)).toBeUndefined()
    }
  })
})
