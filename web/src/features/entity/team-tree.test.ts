import { describe, expect, it } from 'vitest'
import { above, below, parentsOf, refsIn, teamsIn } from './team-tree.ts'

const t = (name: string) => `group:default/${name}`
const under = (...pairs: [string, string][]) => ({
  edges: pairs.map(([child, parent]) => ({ from: t(child), to: t(parent), type: 'childOf' })),
})

describe('the tree of teams', () => {
  const org = under(['pay', 'commerce'], ['commerce', 'all'], ['core', 'pay'], ['edge', 'pay'], ['ops', 'all'])

  it('names what is above, the highest first', () => {
    expect(above(org, t('core'))).toEqual([t('all'), t('commerce'), t('pay')])
    expect(above(org, t('all'))).toEqual([])
  })

  it('grows what is below, by name', () => {
    const tree = below(org, t('commerce'))
    expect(tree).toEqual([
      {
        ref: t('pay'),
        circle: false,
        below: [
          { ref: t('core'), circle: false, below: [] },
          { ref: t('edge'), circle: false, below: [] },
        ],
      },
    ])
    expect(teamsIn(tree)).toBe(3)
    expect(refsIn(tree)).toEqual([t('pay'), t('core'), t('edge')])
  })

  it('ends at a circle', () => {
    const ring = under(['a', 'b'], ['b', 'a'])
    expect(above(ring, t('a'))).toEqual([t('b')])
    expect(below(ring, t('a'))).toEqual([
      { ref: t('b'), circle: false, below: [{ ref: t('a'), circle: true, below: [] }] },
    ])
    expect(teamsIn(below(ring, t('a')))).toBe(1)
    expect(above(under(['a', 'a']), t('a'))).toEqual([])
    expect(above(under(['x', 'a'], ['a', 'b'], ['b', 'a']), t('x'))).toEqual([t('b'), t('a')])
  })

  it('a team may be under several', () => {
    expect(parentsOf(under(['a', 'z'], ['a', 'b']).edges, t('a'))).toEqual([t('b'), t('z')])
    expect(above(under(['a', 'z'], ['a', 'b']), t('a'))).toEqual([t('b')])
  })
})
