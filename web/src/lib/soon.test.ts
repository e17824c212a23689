import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PATIENCE, soon } from './soon.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('what is there soon is waited for, whatever of it fails', async () => {
  let there = false
  const part = new Promise((done) => setTimeout(done, PATIENCE - 1)).then(() => (there = true))
  const waited = soon([undefined, Promise.reject(new Error('no')), part])
  await vi.advanceTimersByTimeAsync(PATIENCE - 1)
  await waited
  expect(there).toBe(true)
})

test('what comes late is not waited for', async () => {
  const done = vi.fn()
  void soon([new Promise(() => undefined)], 50).then(done)
  await vi.advanceTimersByTimeAsync(49)
  expect(done).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(done).toHaveBeenCalled()
})
