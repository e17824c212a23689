import { describe, expect, it, vi } from 'vitest'
import { entityAt, globalActions, matching, type World } from './actions.ts'
import { readTyped, tagsOf } from './asked.ts'
import { entityChoice, foundChoices, kindChoices, pinned, runs } from './choices.ts'
import type { Hit } from './finder-query.ts'
import { whole } from './rank.ts'

const hit = (ref: string): Hit => {
  const [kind = '', name = ''] = [ref.slice(0, ref.indexOf(':')), ref.slice(ref.indexOf('/') + 1)]
  return { ref, kind, name, title: name, tags: [] }
}
const world: World = {
  may: () => true,
  signedIn: true,
  canSignIn: false,
  dark: false,
  compact: false,
  starred: () => false,
  singleKeys: true,
  copyRef: vi.fn(),
  toggleStar: vi.fn(),
  setScheme: vi.fn(),
  setDensity: vi.fn(),
  toggleColumn: vi.fn(),
  toggleSingleKeys: vi.fn(),
  showKeys: vi.fn(),
  signOut: vi.fn(),
  leave: vi.fn(),
}

describe('readTyped', () => {
  it('reads words, tags and the sign of a scope', () => {
    expect(readTyped(' Pay  LED ', 'all')).toEqual({ term: 'pay led', words: ['pay', 'led'], scope: 'all' })
    expect(readTyped('@ines', 'apis')).toEqual({ term: 'ines', words: ['ines'], scope: 'people' })
    expect(readTyped('> dark', 'all')).toEqual({ term: 'dark', words: ['dark'], scope: 'actions' })
    const tagged = readTyped('#java pay #', 'catalog')
    expect(tagged).toEqual({ term: '#java pay', words: ['pay'], scope: 'catalog' })
    expect(tagsOf(tagged)).toEqual(['java'])
    expect(readTyped('@', 'all').term).toBe('')
  })

  it('asks for no more than the server reads', () => {
    const { term, words } = readTyped('word '.repeat(500), 'all')
    expect(words).toHaveLength(8)
    expect(term.length).toBeLessThanOrEqual(200)
  })
})

describe('what is found', () => {
  const hits = ['component:default/b', 'api:default/a', 'component:default/c', 'user:default/u'].map(hit)

  it('stands by group behind the best', () => {
    expect(runs(foundChoices(hits, 'all')).map((r) => [r.group, r.from, r.choices.length])).toEqual([
      ['Best match', 0, 1],
      ['Catalog', 1, 1],
      ['APIs', 2, 1],
      ['People and teams', 3, 1],
    ])
    expect(runs(foundChoices(hits, 'apis')).map((r) => r.group)).toEqual(['Best match', 'Others'])
    expect(foundChoices([], 'all')).toEqual([])
  })

  it('is offered by kind where there are several of it, in the usual order', () => {
    const rows = kindChoices({ user: 2, system: 1, gizmo: 3, component: 12 }, (kind) => kind !== 'user')
    expect(rows.map((row) => row.key)).toEqual(['kind component', 'kind gizmo'])
    expect(runs(foundChoices(hits, 'all', 'component')).map((r) => [r.group, r.choices.length])).toEqual([
      ['Components', 4],
    ])
  })

  it('leaves the row under the cursor where it is', () => {
    const server = foundChoices(hits, 'all')
    const key = (all: typeof server) => all.map((c) => c.key)
    const first = { choice: entityChoice('component:default/c', 'Best match'), at: 0 }
    expect(key(pinned(server, first))).toEqual([
      'component:default/c',
      'component:default/b',
      'api:default/a',
      'user:default/u',
    ])
    expect(pinned(server, first).map((c) => c.group)).toEqual(['Best match', 'Catalog', 'APIs', 'People and teams'])
    const unknown = { choice: entityChoice('component:default/z', 'Catalog'), at: 2 }
    expect(key(pinned(server, unknown))[2]).toBe('component:default/z')
    expect(pinned(server, undefined)).toBe(server)
    expect(pinned(server, { choice: entityChoice('component:default/c', 'Catalog'), at: 1 })).toBe(server)
  })

  it('knows who typed all of a name', () => {
    expect(whole(hit('component:default/payments-ledger'), ['payments', 'ledger'])).toBe(true)
    expect(whole(hit('component:default/payments-ledger'), ['payments'])).toBe(false)
  })
})

describe('actions', () => {
  it('are found by what they are called, then by what else they may be', () => {
    const all = globalActions(world)
    expect(matching(all, ['dark']).map((a) => a.id)).toEqual(['scheme'])
    expect(matching(all, ['colour']).map((a) => a.id)).toEqual(['scheme', 'system'])
    expect(matching(all, ['go', 'cat']).map((a) => a.id)).toEqual(['catalog'])
    expect(matching(all, ['keys'])[0]?.id).toBe('keys')
  })

  it('are those that the person may take', () => {
    const ids = globalActions({ ...world, may: () => false, signedIn: false, canSignIn: true }).map((a) => a.id)
    expect(ids).not.toContain('register')
    expect(ids).not.toContain('audit')
    expect(ids).not.toContain('out')
    expect(ids).toContain('in')
  })

  it('know the entity of a page', () => {
    expect(entityAt('/catalog/default/component/payments-api/history')).toBe('component:default/payments-api')
    expect(entityAt('/catalog/default/component/a%20b')).toBe('component:default/a b')
    expect(entityAt('/catalog')).toBeUndefined()
    expect(entityAt('/catalog/a/b/%')).toBeUndefined()
  })
})
