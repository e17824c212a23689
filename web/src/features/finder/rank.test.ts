import { describe, expect, it } from 'vitest'
import type { Summary } from '../../lib/summaries.ts'
import { marked, rank } from './rank.ts'

const hit = (name: string, kind = 'component', description?: string): Summary => ({
  ref: `${kind}:default/${name}`,
  kind,
  name,
  title: name,
  description,
})

describe('rank', () => {
  it('prefers the whole name, then its beginning, then a word, then a part, then the description', () => {
    const hits = [
      hit('x', 'component', 'about ledger'),
      hit('myledgers'),
      hit('payments-ledger'),
      hit('ledger-export'),
      hit('ledger'),
    ]
    expect(rank(hits, ['ledger']).map((h) => h.name)).toEqual([
      'ledger',
      'ledger-export',
      'payments-ledger',
      'myledgers',
      'x',
    ])
  })

  it('wants every word', () => {
    expect(rank([hit('payments-ledger'), hit('payments-api')], ['pay', 'led']).map((h) => h.name)).toEqual([
      'payments-ledger',
    ])
  })

  it('breaks ties by kind', () => {
    expect(rank([hit('pay', 'user'), hit('pay', 'component')], ['pay']).map((h) => h.kind)).toEqual([
      'component',
      'user',
    ])
  })
})

describe('marked', () => {
  it('marks what was found and keeps the rest', () => {
    expect(marked('Payments-ledger', ['pay', 'led'])).toEqual([
      { text: 'Pay', hit: true },
      { text: 'ments-', hit: false },
      { text: 'led', hit: true },
      { text: 'ger', hit: false },
    ])
    expect(marked('a.b', ['.'])).toEqual([
      { text: 'a', hit: false },
      { text: '.', hit: true },
      { text: 'b', hit: false },
    ])
    expect(marked('x', [])).toEqual([{ text: 'x', hit: false }])
  })
})
