import { describe, expect, it } from 'vitest'
import type { Summary } from '../../lib/summaries.ts'
import { finderBodies, mergeHits } from './finder-query.ts'

const hit = (name: string, over: Partial<Summary> = {}): Summary => ({
  ref: `component:default/${name}`,
  kind: 'component',
  name,
  title: name,
  ...over,
})
const names = (lists: Summary[][], ...words: string[]) => mergeHits(lists, words).map((h) => h.name)

describe('mergeHits', () => {
  const cut = Array.from({ length: 60 }, (_, i) => hit(`a-pay-${i}`))

  it('puts a name first that the cut list of parts does not have', () => {
    expect(names([cut, [hit('pay')], [hit('pay'), hit('payments')]], 'pay').slice(0, 2)).toEqual(['pay', 'payments'])
  })

  it('has each entity once', () => {
    expect(names([[hit('pay')], [hit('pay')], [hit('pay')]], 'pay')).toEqual(['pay'])
  })

  it('wants every word, in the name, the title or the description', () => {
    const lists = [
      [hit('pay-1', { title: 'Ledger' }), hit('pay-2', { description: 'about the ledger' }), hit('pay-3')],
      [hit('ledger')],
    ]
    expect(names(lists, 'pay', 'ledger')).toEqual(['pay-1', 'pay-2'])
  })

  it('puts the whole name first, as it is written with hyphens or as a title', () => {
    const lists = [[hit('ledger-ledger-pay-pay'), hit('x', { title: 'Pay Ledger' }), hit('pay-ledger-2')]]
    expect(names(lists, 'pay', 'ledger')[0]).toBe('x')
    expect(names([...lists, [hit('pay-ledger')]], 'pay', 'ledger')).toContain('pay-ledger')
    expect(names([[hit('pay-ledger-2'), hit('pay-ledger')]], 'pay', 'ledger')[0]).toBe('pay-ledger')
  })
})

describe('finderBodies', () => {
  it('asks for the whole name and for its beginning by themselves', () => {
    const text = JSON.stringify(finderBodies(['pay'], false))
    expect(text).toContain('{"metadata.name":{"$in":["pay"]}}')
    expect(text).toContain('{"metadata.name":{"$hasPrefix":"pay"}}')
  })

  it('keeps people and teams in every question', () => {
    for (const body of finderBodies(['pay', 'ledger'], true))
      expect(JSON.stringify(body)).toContain('{"kind":{"$in":["user","group"]}}')
  })

  it('looks for the longest word, and asks for names that begin with either', () => {
    const bodies = finderBodies(['pay', 'ledger'], false).map((b) => JSON.stringify(b))
    expect(bodies[0]).toContain('"term":"ledger"')
    expect(bodies.filter((b) => b.includes('"$hasPrefix":"pay"') && b.includes('"term":"ledger"'))).toHaveLength(1)
    expect(bodies.filter((b) => b.includes('"$hasPrefix":"ledger"') && b.includes('"term":"pay"'))).toHaveLength(1)
  })
})
