import { describe, expect, it } from 'vitest'
import { chosenColumns, columnFacts, NO_COLUMNS, turnedColumn, usualColumns, valueAt } from './column-fields.ts'

describe('columns', () => {
  it('are those of the kind until others are chosen', () => {
    expect(chosenColumns('component', undefined)).toEqual(['owner', 'system', 'type', 'lifecycle', 'tier', 'changed'])
    expect(chosenColumns('container', undefined)).toEqual(['owner', 'type'])
  })

  it('are known ones or paths, and no others', () => {
    expect(chosenColumns('component', ['tier', 'colour', 'spec.x', 'status.items', 'metadata.a,b'])).toEqual([
      'tier',
      'spec.x',
    ])
    expect(chosenColumns('component', [NO_COLUMNS])).toEqual([])
  })

  it('come at their usual place, fields of one’s own last', () => {
    expect(turnedColumn('component', ['tier', 'metadata.labels.x'], 'owner')).toEqual([
      'owner',
      'tier',
      'metadata.labels.x',
    ])
  })

  it('leave the address when they are the usual ones again', () => {
    const without = turnedColumn('api', undefined, 'type')
    expect(without).toEqual(['owner', 'system', 'lifecycle'])
    expect(turnedColumn('api', without, 'type')).toBeUndefined()
    expect(usualColumns('api').reduce<string[] | undefined>((c, id) => turnedColumn('api', c, id), undefined)).toEqual([
      NO_COLUMNS,
    ])
  })

  it.each([
    ['metadata.annotations.backstage.io/techdocs-ref', 'techdocs-ref'],
    ['metadata.labels.team', 'team'],
    ['spec.profile.picture', 'picture'],
  ])('a field %s goes by %s', (path, head) => {
    expect(columnFacts(path).head).toBe(head)
  })
})

describe('valueAt', () => {
  const entity = {
    metadata: { name: 'a', annotations: { 'a.b/c.d': 'dots', a: 'plain' }, tags: ['x'] },
    spec: { 'a.b': { c: 1 }, a: { b: { d: false } } },
  }
  it.each([
    ['metadata.annotations.a.b/c.d', 'dots'],
    ['metadata.annotations.a', 'plain'],
    ['spec.a.b.c', 1],
    ['spec.a.b.d', false],
    ['metadata.tags', ['x']],
    ['metadata.tags.0', undefined],
    ['metadata.annotations.toString', undefined],
    ['spec.none.at.all', undefined],
  ])('%s', (path, want) => {
    expect(valueAt(entity, path)).toEqual(want)
  })
})
