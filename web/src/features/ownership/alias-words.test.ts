import { describe, expect, test } from 'vitest'
import { doneWords, oldRefOf, previewWords } from './alias-api.ts'
import { parseOwnershipSearch } from './ownership-search.ts'

describe('an old name', () => {
  test.each([
    ['web', 'group:default/web'],
    [' Web ', 'group:default/web'],
    ['shop/web', 'group:shop/web'],
    ['group:shop/web', 'group:shop/web'],
    ['user:ann', 'user:default/ann'],
    ['component:web', undefined],
    ['two words', undefined],
    ['group:', undefined],
    ['', undefined],
  ])('%j is %s', (text, ref) => {
    expect(oldRefOf(text)).toBe(ref)
  })

  test('says what comes of it', () => {
    expect(previewWords(2, 'group:default/web', 'Storefront')).toBe(
      '2 entities change from group:default/web to Storefront.',
    )
    expect(previewWords(1, 'group:default/web', 'Storefront')).toContain('1 entity changes from')
    expect(previewWords(0, 'group:default/web', 'Storefront')).toContain('Nothing in the catalog names')
    expect(doneWords(1, 'A stands for b')).toBe('A stands for b; 1 entity changed hands.')
    expect(doneWords(undefined, 'A stands for b')).toBe('A stands for b.')
  })

  test('has a place in the address', () => {
    expect(parseOwnershipSearch({ tab: 'names', team: 'group:default/web' })).toMatchObject({
      tab: 'names',
      team: 'group:default/web',
    })
  })
})
