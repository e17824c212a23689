import { describe, expect, it } from 'vitest'
import type { Entity } from '../../lib/entity.ts'
import { namesIn, successorOf, waysOn } from './successors.ts'
import { waysOut } from './ways-out.ts'

const entity = (kind: string, metadata: Partial<Entity['metadata']>, spec = {}): Entity => ({
  apiVersion: '',
  kind,
  metadata: { name: 'x', ...metadata },
  spec,
})

describe('the ways out of the header', () => {
  it('are the dashboard, then where the code lies', () => {
    const annotations = {
      'backstage.io/source-location': 'url:https://h.example/o/r/',
      'backstage.io/view-url': 'https://h.example/o/r/catalog-info.yaml',
    }
    const links = [
      { url: 'https://logs.example' },
      { url: 'javascript:alert(1)', type: 'dashboard' },
      { url: 'https://g.example', title: 'Numbers', icon: 'dashboard' },
    ]
    expect(waysOut(entity('Component', { annotations, links }))).toEqual([
      { label: 'Numbers', href: 'https://g.example' },
      { label: 'Repository', href: 'https://h.example/o/r/' },
    ])
    const seen = { 'backstage.io/view-url': 'https://git.example.com/a/b', 'portico.dev/inferred': 'true' }
    expect(waysOut(entity('Component', { annotations: seen })).map((w) => w.label)).toEqual(['Repository'])
    expect(waysOut(entity('Location', { annotations })).map((w) => w.label)).toEqual(['Catalog file'])
    const nowhere = { 'backstage.io/source-location': 'file:/srv/x/' }
    expect(waysOut(entity('Component', { annotations: nowhere }))).toEqual([])
  })

  it('of a person are the address, before the file', () => {
    const annotations = { 'backstage.io/view-url': 'https://h.example/people.yaml' }
    const ways = waysOut(entity('User', { annotations }, { profile: { email: 'a@b.example' } }))
    expect(ways.map((w) => w.href)).toEqual(['mailto:a@b.example', 'https://h.example/people.yaml'])
  })
})

describe('what comes in the place of something deprecated', () => {
  it('is what a label or an annotation names', () => {
    expect(successorOf(entity('API', { labels: { 'acme.example/successor': 'fares.v4' } }))).toBe(
      'api:default/fares.v4',
    )
    expect(successorOf(entity('API', { annotations: { 'replaced-by': 'api:web/y' } }))).toBe('api:web/y')
    expect(successorOf(entity('API', { labels: { 'acme.example/unsuccessor': 'y' } }))).toBeUndefined()
  })

  it('may be a name in the description, or in the title of a link', () => {
    const description = 'Deprecated from 1 March. Use fares.v4, or “booking” where https://x.example says so; not x.'
    expect(namesIn(entity('API', { description }))).toEqual(['api:default/fares.v4'])
    expect(namesIn(entity('API', { description: 'Replaced by booking.' }))).toEqual(['api:default/booking'])
    const links = [
      { url: 'https://a.example', title: 'Logs' },
      { url: 'https://b.example', title: 'Migration guide' },
    ]
    expect(waysOn(entity('API', { links })).map((l) => l.url)).toEqual(['https://b.example'])
  })
})
