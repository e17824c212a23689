import { describe, expect, it, vi } from 'vitest'
import { toApiError } from './api-error.ts'
import { withQuery } from './api.ts'
import { batched } from './batch.ts'
import { formatRef, parseRef, tierOf, titleOf, type Entity } from './entity.ts'
import { keysTouchedBy } from './feed.ts'
import { keyName } from './hotkeys.ts'
import { inOrder } from './kinds.ts'
import { parseMissing, statusWords } from './missing.ts'
import { beginBodies, nameParts, nearest } from './near.ts'
import { page } from './paths.ts'
import { ownerRef } from './summaries.ts'
import { httpUrl } from './url.ts'
import { asSentence, capital, count, kindWords, listed, relationWords, spelled } from './words.ts'

const entity = (over: Partial<Entity['metadata']>, spec: Entity['spec'] = {}): Entity => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments-api', ...over },
  spec,
})

describe('refs', () => {
  it.each([
    ['component:default/x', {}, 'component:default/x'],
    ['Component:Default/x', {}, 'component:default/x'],
    ['payments', { kind: 'group', namespace: 'eu' }, 'group:eu/payments'],
    ['user:ines', { kind: 'group', namespace: 'eu' }, 'user:eu/ines'],
    ['eu/payments', { kind: 'group' }, 'group:eu/payments'],
  ])('%s with %o is %s', (ref, defaults, want) => {
    expect(formatRef(parseRef(ref, defaults))).toBe(want)
  })

  it('reads owners as files write them', () => {
    expect(ownerRef('payments', 'eu')).toBe('group:eu/payments')
    expect(ownerRef('user:default/ines')).toBe('user:default/ines')
  })

  it('escapes names in paths', () => {
    expect(page.entity('api:default/payments.v2')).toBe('/catalog/default/api/payments.v2')
    expect(page.entity('component:default/x', 'history')).toBe('/catalog/default/component/x/history')
    expect(page.entity('component:default/a b')).toBe('/catalog/default/component/a%20b')
  })
})

describe('entities', () => {
  it('are called by display name, title, then name', () => {
    expect(titleOf(entity({}))).toBe('payments-api')
    expect(titleOf(entity({ title: 'Payments' }))).toBe('Payments')
    expect(titleOf(entity({ title: 'Payments' }, { profile: { displayName: 'P' } }))).toBe('P')
  })

  it('are called by their target when the catalog made up their name', () => {
    const location = (name: string, spec: Entity['spec']) => titleOf({ ...entity({ name }, spec), kind: 'Location' })
    const made = `generated-${'0a'.repeat(20)}`
    expect(location(made, { target: '/srv/examples/marrowby/all.yaml' })).toBe('marrowby/all.yaml')
    expect(location(made, { targets: ['https://git.example/o/r/blob/main/a.yaml?ref=x'] })).toBe(
      'git.example/o/r/blob/main/a.yaml',
    )
    expect(location(made, {})).toBe(made)
    expect(location('all', { target: './a/b.yaml' })).toBe('all')
  })

  it.each([
    [{ tier: '1' }, 'T1'],
    [{ 'marrowby.example/tier': 'tier-2' }, 'T2'],
    [{ 'x/tier': 'gold' }, 'gold'],
    [{ other: '1' }, undefined],
  ])('labels %o mean tier %s', (labels, want) => {
    expect(tierOf(entity({ labels: labels as unknown as Record<string, string> }))).toBe(want)
  })
})

describe('words', () => {
  it('names kinds, own ones with a plural', () => {
    expect(kindWords('Group').tab).toBe('Teams')
    expect(kindWords('vessel').tab).toBe('Vessels')
    expect(kindWords('policy').many).toBe('policies')
    expect(kindWords('bus').many).toBe('buses')
  })

  it('counts', () => {
    expect(count(1, 'entity', 'entities')).toBe('1 entity')
    expect(count(1234, 'problem')).toBe('1,234 problems')
    expect(spelled(6)).toBe('Six')
    expect(spelled(13)).toBe('13')
    expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
  })

  it('leaves a name at the beginning of a sentence as it is', () => {
    expect(capital('partners.example does not answer')).toBe('partners.example does not answer')
    expect(capital('the file is gone')).toBe('The file is gone')
  })

  it('makes sentences of what the server says', () => {
    expect(asSentence('keep one of the two')).toBe('Keep one of the two.')
    expect(asSentence('Did you mean owner?')).toBe('Did you mean owner?')
    expect(asSentence(undefined)).toBe('')
  })

  it('says since when something is missing as people do', () => {
    const item = (message: string) => ({ type: 'portico.dev/missing', level: 'warning' as const, message })
    const now = new Date('2026-11-23T12:12:00Z')
    const words = (message: string) => statusWords(item(message), now)
    expect(words('missing since 2026-11-23T12:00:00Z: its source no longer declares it')).toBe(
      'It went missing 12 min ago. Its source no longer declares it.',
    )
    expect(words('missing since the flood: nobody knows')).toBe('Missing since the flood: nobody knows.')
    expect(parseMissing({ ...item('missing since 2026-11-23T12:00:00Z: x'), type: 'other' })).toBeUndefined()
  })

  it('names relations, own ones from their type', () => {
    expect(relationWords('dependencyOf')).toEqual({ heading: 'Needed by', side: 'user' })
    expect(relationWords('runsOnCluster')).toEqual({ heading: 'Runs on cluster', side: 'other' })
  })

  it('orders kinds and joins their spellings', () => {
    const kinds = [
      { value: 'Vessel', count: 3 },
      { value: 'user', count: 1 },
      { value: 'Component', count: 1 },
      { value: 'component', count: 1 },
    ]
    expect(inOrder(kinds)).toEqual([
      { value: 'component', count: 2 },
      { value: 'user', count: 1 },
      { value: 'vessel', count: 3 },
    ])
  })
})

describe('api', () => {
  it('reads the envelope of an error', () => {
    const error = toApiError(404, {
      error: { name: 'NotFoundError', message: 'no x', id: '51B0-7E21', remedy: 'write y' },
    })
    expect(error).toMatchObject({
      name: 'NotFoundError',
      message: 'no x',
      id: '51B0-7E21',
      remedy: 'write y',
      notFound: true,
      transient: false,
    })
  })

  it('makes a sentence of a body that is none', () => {
    expect(toApiError(502, undefined)).toMatchObject({
      message: 'the server answered 502 without saying why',
      transient: true,
    })
  })

  it('repeats parameters and leaves out what is undefined', () => {
    expect(withQuery('/x', { a: ['1', '2'], b: undefined, c: 0 })).toBe('/x?a=1&a=2&c=0')
    expect(withQuery('/x', {})).toBe('/x')
  })
})

describe('batched', () => {
  it('asks once for what is wanted in one tick, distinct and in order', async () => {
    const load = vi.fn((keys: string[]) => Promise.resolve(keys.map((k) => k.toUpperCase())))
    const get = batched(load, 10)
    expect(await Promise.all([get('a'), get('b'), get('a')])).toEqual(['A', 'B', 'A'])
    expect(load.mock.calls).toEqual([[['a', 'b']]])
  })

  it('cuts at the limit and fails only the part that failed', async () => {
    const get = batched((keys) => (keys.includes('c') ? Promise.reject(new Error('no')) : Promise.resolve(keys)), 2)
    const [a, b, c] = await Promise.allSettled([get('a'), get('b'), get('c')])
    expect([a.status, b.status, c.status]).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  })
})

describe('the rest', () => {
  it('links out by http alone', () => {
    expect(httpUrl('https://x.example')).toBe('https://x.example')
    expect(httpUrl('javascript:alert(1)')).toBeUndefined()
    expect(httpUrl('nothing')).toBeUndefined()
  })

  it('names keys', () => {
    const key = (over: object) => keyName({ key: 'K', metaKey: false, ctrlKey: false, altKey: false, ...over })
    expect(key({ ctrlKey: true })).toBe('mod+k')
    expect(key({})).toBe('k')
    expect(key({ altKey: true })).toBe('')
  })

  it('looks for the words of a name', () => {
    expect(nameParts('payment-api-v2')).toEqual(['payment-api-v2', 'payment', 'api'])
  })

  it('asks for names that begin alike too, however large the catalog is', () => {
    expect(JSON.stringify(beginBodies('Paymnets-api'))).toContain('{"metadata.name":{"$hasPrefix":"paymne"}}')
  })

  it('puts the nearest name first, though the parts of a large catalog leave it out', () => {
    const cut = Array.from({ length: 20 }, (_, i) => `component:default/x${i}-api`)
    const alike = ['api:default/payments-api', 'component:default/payments-api', 'component:default/payroll']
    const near = nearest('component:default/paymnets-api', [cut, alike, cut])
    expect(near[0]).toBe('component:default/payments-api')
    expect(near).toHaveLength(5)
  })

  it('forgets lists and the changed entities', () => {
    const keys = keysTouchedBy(new Set(['component:default/x']))
    expect(keys).toContainEqual(['history', 'component:default/x'])
    expect(keys).toContainEqual(['list'])
    expect(keys).toContainEqual(['facets'])
    expect(keys).toContainEqual(['consequences'])
  })

  it.each([
    ['system:default/ledger', true],
    ['domain:default/money', true],
    ['component:default/x', false],
    ['component:default/system:x', false],
  ])('a change of %s touches the systems and domains of the map: %s', (ref, touched) => {
    expect(keysTouchedBy(new Set([ref])).some(([first]) => first === 'places')).toBe(touched)
  })
})
