import { expect, test } from 'vitest'
import { sourceWords } from './source-words.ts'

const owner = (to: unknown) => [{ path: 'spec.owner', from: 'x', to }]

test.each([
  ['file:/srv/shop/catalog-info.yaml', [], 'From shop/catalog-info.yaml'],
  ['alias:group:default/web', owner('group:default/storefront'), 'As web is called storefront now'],
  ['alias:group:default/web', owner('web'), 'As web is called so again'],
  ['alias:group:default/web', owner('group:default/Web'), 'As web is called so again'],
  ['alias:group:default/web', [], 'As web is called so again'],
])('%s in words', (source, diff, words) => {
  expect(sourceWords({ source, diff })).toBe(words)
})
