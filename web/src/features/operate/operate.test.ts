import { afterEach, describe, expect, it, vi } from 'vitest'
import { openProblems, unlisted } from '../../lib/ingestion.ts'
import type { Problem, Problems, Removed, Source } from '../../lib/portico.ts'
import { decideHeld, keepTogether } from './api.ts'
import { problemLines, problemsHeadline, removedLine, sameRemoval } from './problem-words.ts'
import { parseProblemsSearch } from './problems-search.ts'
import { heldWords, keptWords, nextWords, nowWords, sourcesHeadline } from './sources-words.ts'

const source = (over: Partial<Source>): Source => ({
  id: 's',
  kind: 'folder',
  type: 'file',
  target: '/x',
  title: 'Folder x',
  origin: 'config',
  state: 'current',
  message: '',
  lastAttemptAt: null,
  lastSuccessAt: null,
  nextAt: null,
  watching: false,
  units: 1,
  entities: 1,
  problems: 0,
  missing: 0,
  held: null,
  ...over,
})
const held = source({ state: 'held', held: { missing: 148, of: 612, refs: [], digest: 'd1' } })
const failedWhileHeld = source({ ...held, state: 'failed', message: 'the host answered 401' })

describe('sourcesHeadline', () => {
  it.each([
    [[], ' No source is configured.'],
    [[source({})], ' The source is current.'],
    [[source({}), source({})], ' Both sources are current.'],
    [[source({}), source({}), source({ state: 'reading' })], ' All three sources are current.'],
    [[source({ state: 'failed' }), source({ state: 'failed' })], 'None of two sources is current. Two cannot be read.'],
    [[source({}), held], 'One of two sources is current. One is held until you decide.'],
    [[source({}), failedWhileHeld], 'One of two sources is current. One is held until you decide.'],
    [[source({}), source({}), source({ state: 'failed' })], 'Two of three sources are current. One cannot be read.'],
    [[source({ state: 'degraded' })], ' The source has files with problems.'],
  ])('%#: %o', (sources, want) => {
    const { fine, needs } = sourcesHeadline(sources)
    expect(`${fine} ${needs}`).toBe(want)
  })
})

describe('a source in words', () => {
  const now = new Date('2026-11-23T12:00:00Z')

  it('says what it does and when it is next', () => {
    expect(nowWords(held)).toBe('Held: 148 entities would go')
    expect(nowWords(failedWhileHeld)).toBe('The host answered 401')
    expect(nextWords(held, now)).toBe('after your answer')
    expect(nextWords(source({ watching: true }), now)).toBe('on change')
    expect(nextWords(source({ nextAt: '2026-11-23T12:09:00Z' }), now)).toBe('in 9 min')
    expect(nextWords(source({ nextAt: '2026-11-23T11:00:00Z' }), now)).toBe('now')
    expect(nowWords(source({ problems: 2 }))).toBe('2 problems')
  })

  it('says what the guard saw', () => {
    expect(heldWords(held)).toEqual({
      title: '148 entities would disappear from Folder x. Nothing was removed.',
      body: 'The last reading saw 464 of 612 entities, a drop of 24 %. The guard holds anything above 20 %.',
    })
  })
})

describe('decideHeld', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('sends the decision with the digest of what was seen', async () => {
    const send = vi.fn<typeof fetch>(() => Promise.resolve(new Response('{}')))
    vi.stubGlobal('fetch', send)
    await decideHeld({ id: 'a/b', decision: 'apply', digest: 'd1' })
    expect(send).toHaveBeenCalledOnce()
    const [path, init] = send.mock.calls[0] ?? []
    expect(path).toBe('/api/catalog/sources/a%2Fb/held')
    expect(init?.method).toBe('POST')
    expect(JSON.parse(init?.body as string)).toEqual({ decision: 'apply', digest: 'd1' })
  })
})

describe('keepTogether', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  const answering = (items: object[]) => {
    const send = vi.fn((path: string, init: RequestInit) =>
      Promise.resolve(
        Response.json(init.method === 'GET' ? { items, next: null } : { path, body: init.body, restored: 3 }),
      ),
    )
    vi.stubGlobal('fetch', send)
    return send
  }

  it('keeps what went missing at the moment at which this one did', async () => {
    answering([
      { op: 'updated', at: '2026-11-23T12:00:01Z' },
      { op: 'missing', at: '2026-11-23T12:00:00.123456Z' },
    ])
    expect(await keepTogether('component:default/x')).toMatchObject({
      path: '/api/catalog/missing/restore',
      body: '{"since":"2026-11-23T12:00:00.123456Z"}',
      restored: 3,
    })
  })

  it('asks for nothing when it did not go missing', async () => {
    const send = answering([{ op: 'updated', at: '' }])
    expect(await keepTogether('component:default/x')).toEqual({ restored: 0 })
    expect(send).toHaveBeenCalledOnce()
  })

  it('is said in words', () => {
    expect([0, 1, 148].map((restored) => keptWords({ restored }))).toEqual([
      'None of them is missing any more.',
      '1 entity is kept as it was.',
      '148 entities are kept as they were.',
    ])
  })
})

describe('what was removed', () => {
  const removed = (uid: string, removedAt: string): Removed => ({
    uid,
    removedAt,
    ref: `component:default/${uid}`,
    location: 'file:/a/b/c.yaml',
    restorableUntil: '',
    actor: '',
  })
  const all = [removed('a', 't1'), removed('b', 't1'), removed('c', 't2')]

  it('knows what went with it', () => {
    expect(all.map((r) => sameRemoval(all, r))).toEqual([true, true, false])
  })

  it('is a line of a list', () => {
    expect(removedLine(removed('a', 't1'))).toMatchObject({ id: 'a', words: 'b/c.yaml', since: 't1' })
  })
})

describe('problems', () => {
  const problems: Problems = {
    errors: [
      {
        id: 'p',
        sourceId: 's',
        location: 'file:/a/x.yaml',
        ref: null,
        file: '/a/x.yaml',
        line: 1,
        column: 1,
        path: '',
        level: 'warning',
        message: 'old',
        since: '',
      },
    ],
    conflicts: [
      {
        ref: 'api:default/a',
        kept: { location: 'file:/k', line: 1, since: '' },
        refused: { location: 'file:/r/x.yaml', line: 1, since: '' },
      },
    ],
    missing: [],
    removed: [],
    totals: { errors: 1, conflicts: 1, missing: 0, removed: 0 },
  }

  it('head the page by what needs a correction', () => {
    expect(problemsHeadline(2, problems)).toBe('Two things need a look.')
    expect(problemsHeadline(0, { ...problems, errors: [], conflicts: [] })).toBe(
      'Every file reads well, and nothing is missing.',
    )
    const error = { ...problems.errors[0], level: 'error' } as Problem
    expect(problemsHeadline(2, { ...problems, errors: [error] })).toBe(
      'One error needs a correction. One more thing needs a look.',
    )
    const cut = { ...problems, errors: [error], totals: { ...problems.totals, errors: 900 } }
    expect(problemsHeadline(901, cut)).toBe('More than 1 errors need a correction.')
    expect(openProblems(cut)).toBe(901)
    expect(unlisted(cut)).toBe(899)
  })

  it('are lines of a list', () => {
    expect(problemLines(problems, 'errors')[0]).toMatchObject({
      id: 'p',
      shape: 'warn',
      about: { file: 'a/x.yaml' },
      words: 'Old.',
    })
    expect(problemLines(problems, 'conflicts')[0]).toMatchObject({
      about: { ref: 'api:default/a' },
      words: 'r/x.yaml claims it too.',
    })
  })

  it('are chosen by the URL', () => {
    expect(parseProblemsSearch({ tab: 'missing', problem: 'x' })).toMatchObject({ tab: 'missing', problem: 'x' })
    expect(parseProblemsSearch({ tab: 'removed', q: 'pay' })).toEqual({ tab: 'removed', problem: undefined, q: 'pay' })
  })
})
