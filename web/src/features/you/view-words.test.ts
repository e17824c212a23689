import { expect, it } from 'vitest'
import { nameFault, viewWords } from './view-words.ts'

it.each([
  ['/catalog', 'Components'],
  ['/catalog?kind=api&owner=group:default/payments&type=openapi', 'APIs, owner payments, type openapi'],
  [
    '/catalog?kind=component&owner=group:default/a&owner=group:ops/b&starred=true&sort=-name&cols=owner',
    'Components, owner a or ops/b, starred',
  ],
  ['/catalog?q=refund', 'Components, text refund'],
])('%s shows %s', (href, want) => {
  expect(viewWords(href)).toBe(want)
})

it('names have something in them, an end, and are no other one’s', () => {
  const others = [{ id: '1', name: 'Mine', href: '/catalog' }]
  expect(nameFault('  ', others)).toContain('Write a name')
  expect(nameFault('x'.repeat(81), others)).toContain('at most 80')
  expect(nameFault(' mine ', others)).toBe('Another view is called mine.')
  expect(nameFault('Other', others)).toBe('')
})
