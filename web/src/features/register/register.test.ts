import { describe, expect, it } from 'vitest'
import { ApiError } from '../../lib/api-error.ts'
import type { Plan, Planned, Preview, Would } from './api.ts'
import { inTurn } from './in-turn.ts'
import { answerWords, outcomeWords, verdictOf, wouldWords, type Outcome } from './plan-words.ts'
import { parseRegisterSearch, searchOf } from './register-search.ts'
import { isDescriptor, isRepository, locationOf, MOST, openingOf, readLines } from './targets.ts'
import { yamlOf } from './yaml.ts'

const entity = (would: Would, more: Partial<Planned> = {}): Planned => ({
  ref: 'component:default/a',
  kind: 'Component',
  location: 'url:https://example.com/a.yaml',
  file: 'a.yaml',
  line: 1,
  would,
  ...more,
})

const preview = (woulds: Would[], more: Partial<Plan> = {}, exists = false): Preview => ({
  exists,
  location: { type: 'url', target: 'https://example.com/a.yaml', entityRef: 'location:default/a' },
  plan: { entities: woulds.map((w) => entity(w)), problems: [], errors: 0, files: 1, ...more },
})

describe('what somebody pastes', () => {
  it('is one place a word, whatever stands around it', () => {
    expect(
      readLines('- https://a/x.yaml\n* <https://a/y.yaml>,https://a/z.yaml\n\n"https://a/x.yaml"').targets,
    ).toEqual(['https://a/x.yaml', 'https://a/y.yaml', 'https://a/z.yaml'])
    expect(readLines('a.io/x a.io/x').twice).toBe(1)
  })

  it('may be paths, with what stands in them', () => {
    const { targets } = readLines(
      [
        '- /srv/my team/all.yaml',
        '"/srv/b.yaml", /srv/{c,d}/[ef].yaml https://a/x.yaml github.com/o/r',
        'file:///srv/g.yaml;./h.yaml',
        '/srv/my\\ i.yaml,',
      ].join('\n'),
    )
    expect(targets).toEqual([
      '/srv/my team/all.yaml',
      '/srv/b.yaml',
      '/srv/{c,d}/[ef].yaml',
      'https://a/x.yaml',
      'github.com/o/r',
      'file:///srv/g.yaml',
      './h.yaml',
      '/srv/my i.yaml',
    ])
  })

  it('says which folder would have to be open', () => {
    expect(openingOf(locationOf('/srv/teams/a.yaml'))).toContain('- /srv/teams\n')
    expect(openingOf(locationOf('folder:/srv/teams'))).toContain('- /srv/teams\n')
    for (const line of ['./a.yaml', '/a.yaml', '/srv/*/a.yaml']) expect(openingOf(locationOf(line))).toBe('')
  })

  it('keeps the star of a pattern', () => {
    expect(readLines('https://a/main/*/catalog-info.yaml').targets).toEqual(['https://a/main/*/catalog-info.yaml'])
  })

  it('ends at the most that are looked at', () => {
    const { targets, left } = readLines(Array.from({ length: MOST + 3 }, (_, i) => `https://a/${String(i)}`).join('\n'))
    expect([targets.length, left]).toEqual([MOST, 3])
  })

  it('may be a descriptor itself', () => {
    expect(isDescriptor('apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: a\n')).toBe(true)
    expect(isDescriptor('https://example.com/kind/metadata.yaml')).toBe(false)
  })

  it('says its type, or shows it', () => {
    expect(locationOf('https://example.com/a.yaml')).toEqual({ type: 'url', target: 'https://example.com/a.yaml' })
    expect(locationOf('github.com/o/r')).toEqual({ type: 'url', target: 'https://github.com/o/r' })
    expect(locationOf('git:https://example.com/r.git').type).toBe('git')
    expect(locationOf('/srv/catalog/all.yaml').type).toBe('file')
    expect(locationOf('./all.yaml').type).toBe('file')
    expect(locationOf('file:/srv/all.yaml')).toEqual({ type: 'file', target: '/srv/all.yaml' })
    expect(locationOf('file:///srv/my%20team/all.yaml')).toEqual({ type: 'file', target: '/srv/my team/all.yaml' })
    expect(locationOf('file://localhost/srv/50%.yaml')).toEqual({ type: 'file', target: '/srv/50%.yaml' })
    expect(locationOf('folder:/srv/repos')).toEqual({ type: 'folder', target: '/srv/repos' })
  })

  it('is a repository where it ends in no file', () => {
    const is = (line: string) => isRepository(locationOf(line))
    expect(is('https://github.com/o/r')).toBe(true)
    expect(is('https://github.com/o/r/tree/main/services/')).toBe(true)
    expect(is('https://github.com/o/r/blob/main/catalog-info.yaml?raw=1')).toBe(false)
    expect(is('https://github.com/o/r/blob/main/*/x')).toBe(false)
  })
})

describe('the address', () => {
  it('has what is looked at, as long as it is short', () => {
    expect(searchOf(['a', 'b'])).toEqual({ target: ['a', 'b'] })
    expect(searchOf(Array.from({ length: 120 }, (_, i) => `https://example.com/a/long/path/to/${String(i)}`))).toEqual({
      draft: 'kept',
    })
    expect(parseRegisterSearch({ target: 'a' })).toEqual({ target: ['a'] })
    expect(parseRegisterSearch({ draft: 'kept' })).toEqual({ draft: 'kept' })
    expect(parseRegisterSearch({ draft: 'x' })).toEqual({})
  })
})

describe('what would come of it', () => {
  it('is one line a location', () => {
    expect(verdictOf({ line: 'a', preview: preview(['create', 'create', 'update']) })).toMatchObject({
      shape: 'ok',
      words: 'Adds 2 entities and changes 1.',
      clean: true,
    })
    expect(verdictOf({ line: 'a', preview: preview(['create', 'conflict'], { errors: 2 }) })).toMatchObject({
      shape: 'warn',
      words: 'Adds 1 entity; 1 name is taken by another place and 2 errors.',
      can: true,
      clean: false,
    })
    expect(verdictOf({ line: 'a', preview: preview(['conflict']) })).toMatchObject({ shape: 'bad', can: false })
    expect(verdictOf({ line: 'a', preview: preview([]) }).words).toBe(
      'Nothing would come of it: it declares no entity.',
    )
    expect(verdictOf({ line: 'a', preview: preview(['unchanged'], {}, true) }).words).toBe(
      'Registered already; reading it again changes nothing: 1 entity as declared.',
    )
    expect(verdictOf({ line: 'a', error: new ApiError('InputError', 'it is not there', 400) })).toMatchObject({
      shape: 'bad',
      words: 'It is not there.',
    })
    const odd = new ApiError('InputError', 'target "nonsense" is not an absolute http or https URL', 400)
    expect(verdictOf({ line: 'nonsense', error: odd }).words).toBe('It is not an absolute http or https URL.')
  })

  it('is one sentence for all', () => {
    const good = { line: 'a', preview: preview(['create']) }
    const bad = { line: 'b', error: new ApiError('InputError', 'no', 400) }
    expect(answerWords([{ line: 'a' }])).toBe('Reading it. Nothing is written.')
    expect(answerWords([good, { line: 'b' }])).toBe('Reading: 1 of 2 locations. Nothing is written.')
    expect(answerWords([good])).toBe('It would add 1 entity.')
    expect(answerWords([good, bad])).toBe('One location would add 1 entity. One cannot be registered.')
    expect(answerWords([bad])).toBe('It cannot be registered.')
    expect(answerWords([bad, { ...bad, line: 'c' }])).toBe('None of the 2 can be registered.')
  })

  it('names the fields that change and the place that keeps a name', () => {
    expect(wouldWords(entity('update', { changed: ['spec.owner', 'metadata.title'] }))).toBe('Changes owner and title')
    expect(wouldWords(entity('conflict', { by: 'url:https://example.com/shop/b.yaml' }))).toBe(
      'Kept by example.com/shop/b.yaml',
    )
  })
})

describe('what came of it', () => {
  const done: Outcome = { state: 'done', again: false }
  const failed: Outcome = { state: 'failed', error: undefined }
  it('counts what was registered and what was refused', () => {
    expect(outcomeWords([...Array<Outcome>(46).fill(done), failed, failed])).toBe(
      '46 of 48 registered. Two were refused.',
    )
    expect(outcomeWords([done, { state: 'waiting' }])).toBe('Registering: 1 of 2.')
    expect(outcomeWords([done])).toBe('It is registered, and is being read now.')
    expect(outcomeWords([failed])).toBe('It was not registered.')
    expect(outcomeWords([done, { state: 'done', again: true }])).toContain('All 2 are registered')
  })
})

describe('taking turns', () => {
  it('runs so many at once, and goes on after a failure', async () => {
    const turn = inTurn(2)
    let running = 0
    let most = 0
    const ends: (() => void)[] = []
    const run = (fails: boolean) => () =>
      new Promise<void>((resolve, reject) => {
        most = Math.max(most, ++running)
        ends.push(() => {
          running--
          if (fails) reject(new Error('no'))
          else resolve()
        })
      })
    const all = Promise.allSettled([turn(run(true)), turn(run(false)), turn(run(false)), turn(run(false))])
    while (ends.length > 0) {
      ends.shift()?.()
      await Promise.resolve()
      await new Promise((r) => setTimeout(r, 0))
    }
    expect((await all).map((r) => r.status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
    expect(most).toBe(2)
  })

  it('does not begin what was given up', async () => {
    const turn = inTurn(1)
    const gone = new AbortController()
    gone.abort()
    let began = false
    const run = () => {
      began = true
      return Promise.resolve()
    }
    await expect(turn(run, gone.signal)).rejects.toThrow()
    expect(began).toBe(false)
  })
})

describe('a descriptor to be committed', () => {
  it('is YAML that says the same', () => {
    const value = {
      apiVersion: 'backstage.io/v1alpha1',
      metadata: { name: 'a', tags: ['go', 'x y'], annotations: {}, links: [{ url: 'https://a', title: 'A' }] },
      spec: { on: true, version: '1.0', note: 'no', empty: '', list: [] },
    }
    expect(yamlOf(value)).toBe(
      [
        'apiVersion: backstage.io/v1alpha1',
        'metadata:',
        '  name: a',
        '  tags:',
        '    - go',
        '    - x y',
        '  annotations: {}',
        '  links:',
        '    - url: "https://a"',
        '      title: A',
        'spec:',
        '  "on": true',
        '  version: "1.0"',
        '  note: "no"',
        '  empty: ""',
        '  list: []',
        '',
      ].join('\n'),
    )
  })
})
