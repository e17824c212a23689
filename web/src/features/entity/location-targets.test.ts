import { describe, expect, it } from 'vitest'
import type { Entity } from '../../lib/entity.ts'
import { leadsThere, leadsTo, locationsOf } from './location-targets.ts'

const location = (at: string, targets: string[]): Entity => ({
  apiVersion: '',
  kind: 'Location',
  metadata: { name: 'x', annotations: { 'backstage.io/managed-by-location': at } },
  spec: { targets },
})

describe('the targets of a location', () => {
  it('lead to files beside it', () => {
    const entity = location('file:/srv/all.yaml', [
      './org/a b.yaml',
      '../c.yaml',
      './*/info.yaml',
      'https://x.example/y',
    ])
    expect(locationsOf(entity)).toEqual(['file:/srv/org/a b.yaml', 'file:/c.yaml', 'file:https://x.example/y'])
    expect(leadsTo(entity)[2]).toEqual({ written: './*/info.yaml', location: 'file:/srv/*/info.yaml', pattern: true })
    expect(locationsOf(location('url:https://h.example/o/r/all.yaml', ['./a.yaml']))).toEqual([
      'url:https://h.example/o/r/a.yaml',
    ])
  })

  it.each([
    ['file:/srv/*/info.yaml', 'file:/srv/a/info.yaml', true],
    ['file:/srv/*/info.yaml', 'file:/srv/a/b/info.yaml', false],
    ['file:/srv/**/info.yaml', 'file:/srv/a/b/info.yaml', true],
    ['file:/srv/**/info.yaml', 'file:/srv/info.yaml', true],
    ['file:/srv/a*b.yaml', 'file:/srv/axxb.yaml', true],
    ['file:/srv/a*b.yaml', 'file:/srv/axxb.yml', false],
    ['file:/srv/*.yaml', 'file:/srv/a+b.yaml', true],
  ])('as a pattern %s leads to %s: %s', (pattern, file, want) => {
    expect(leadsThere({ written: '', location: pattern, pattern: true }, file)).toBe(want)
  })

  it('are told at once, whatever a pattern says', () => {
    const stars = `file:/${'*a'.repeat(60)}`
    expect(leadsThere({ written: '', location: stars, pattern: true }, `file:/${'a'.repeat(2000)}b`)).toBe(false)
  })
})
