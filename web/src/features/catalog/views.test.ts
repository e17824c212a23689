import { describe, expect, it } from 'vitest'
import type { CatalogSearch } from './catalog-search.ts'
import { cleanName, hrefOf, nameTaken, openView, sameSearch, searchOf } from './views-state.ts'

const search: CatalogSearch = { kind: 'component', type: ['service', 'worker'], cols: ['owner', 'tier'], view: 'map' }
const view = { id: 'v1', name: 'Mine', href: hrefOf({ ...search, saved: 'other' }) }

describe('views', () => {
  it('keep the whole address but for the view itself', () => {
    expect(view.href).toBe('/catalog?kind=component&type=service&type=worker&cols=owner&cols=tier&view=map')
    expect(searchOf(view)).toEqual({ ...search, saved: 'v1' })
  })

  it('show nothing of another page', () => {
    expect(searchOf({ ...view, href: '/settings?kind=api' })).toBeUndefined()
  })

  it('are the same whatever the order of their filters', () => {
    expect(sameSearch(search, { ...search, type: ['worker', 'service'], owner: [], saved: 'x' })).toBe(true)
    expect(sameSearch(search, { ...search, cols: ['tier', 'owner'] })).toBe(false)
    expect(sameSearch(search, { ...search, q: 'a' })).toBe(false)
  })

  it('are open by their id, and say when the page differs by now', () => {
    expect(openView([view], { ...search, saved: 'v1' })).toEqual({ view, changed: false })
    expect(openView([view], { ...search, saved: 'v1', q: 'x' })).toEqual({ view, changed: true })
  })

  it('are open where the page shows the same, and not by the id of somebody else', () => {
    expect(openView([view], search)).toEqual({ view, changed: false })
    expect(openView([view], { ...search, saved: 'theirs', q: 'x' })).toBeUndefined()
  })

  it('have names of one line, each once', () => {
    expect(cleanName('  Pay\n ments ')).toBe('Pay ments')
    expect(nameTaken([view], ' mine ')).toBe(true)
    expect(nameTaken([view], 'mine', 'v1')).toBe(false)
  })
})
