import { expect, test } from 'vitest'
import { page } from './paths.ts'
import { everyPage } from '../../e2e/every-page.ts'

test('every page that has an address of its own is walked', () => {
  const walked = new Set(everyPage.map(({ path }) => (typeof path === 'string' ? path.replace(/\?.*/, '') : '')))
  const addresses = Object.values(page).filter((path): path is string => typeof path === 'string')
  expect(addresses.filter((path) => !walked.has(path))).toEqual([])
})
