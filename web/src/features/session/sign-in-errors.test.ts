import { expect, test } from 'vitest'
import { signInError, signInErrorId } from './sign-in-errors.ts'

test('every code has words of its own', () => {
  const codes = [
    'expired',
    'refused',
    'denied',
    'provider',
    'unknown',
    'ambiguous',
    'another',
    'unverified',
    'taken',
    'removed',
    'busy',
    'no-provider',
    'portal',
  ]
  expect(new Set(codes.map((code) => signInError(code).what)).size).toBe(codes.length)
})

test('what a link says is not shown', () => {
  for (const code of ['Call 555-0100', 'constructor', '__proto__', ''])
    expect(signInError(code)).toEqual(signInError('portal'))
  expect(signInErrorId('51B0-7E21')).toBe('51B0-7E21')
  expect(signInErrorId('Call 555-0100')).toBeUndefined()
  expect(signInErrorId(undefined)).toBeUndefined()
})
