import { describe, expect, it } from 'vitest'
import { marked, rank } from './rank.ts'

const named = (name: string, kind = 'component', title = name) => ({ kind, name, title })

describe('rank', () => {
  it('prefers the whole name, then its beginning, then a word, then a part', () => {
    const all = [named('myledgers'), named('payments-ledger'), named('ledger-export'), named('ledger'), named('x')]
    expect(rank(all, ['ledger']).map((h) => h.name)).toEqual([
      'ledger',
      'ledger-export',
      'payments-ledger',
      'myledgers',
    ])
  })

  it('wants every word, in any order', () => {
    const all = [named('payments-ledger'), named('payments-api')]
    expect(rank(all, ['led', 'pay']).map((h) => h.name)).toEqual(['payments-ledger'])
  })

  it('prefers all words in one name to some in each', () => {
    const all = [named('payments-ledger-pg', 'resource', 'Ledger database'), named('payments-ledger')]
    expect(rank(all, ['pay', 'led']).map((h) => h.name)).toEqual(['payments-ledger', 'payments-ledger-pg'])
  })

  it('counts a single letter only where a word begins', () => {
    expect(rank([named('fares'), named('seat-api')], ['a']).map((h) => h.name)).toEqual(['seat-api'])
  })

  it('breaks ties by kind, then by the shorter name', () => {
    const all = [named('pay', 'user'), named('pay-long'), named('pay-x')]
    expect(rank(all, ['pay']).map((h) => h.name)).toEqual(['pay', 'pay-x', 'pay-long'])
    expect(rank([named('pay', 'user'), named('pay')], ['pay']).map((h) => h.kind)).toEqual(['component', 'user'])
  })
})

describe('marked', () => {
  it('marks what was found, where a word begins if it does, and keeps the rest', () => {
    expect(marked('Payments-ledger', ['pay', 'led'])).toEqual([
      { text: 'Pay', hit: true },
      { text: 'ments-', hit: false },
      { text: 'led', hit: true },
      { text: 'ger', hit: false },
    ])
    expect(marked('repay-pay', ['pay'])).toEqual([
      { text: 'repay-', hit: false },
      { text: 'pay', hit: true },
    ])
    expect(marked('x', [])).toEqual([{ text: 'x', hit: false }])
    expect(marked('İzmir', ['i'])).toEqual([{ text: 'İzmir', hit: false }])
  })
})
