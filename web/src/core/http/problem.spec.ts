import { describe, expect, it } from 'vitest'
import { retryAfterSeconds } from './problem'

describe('retryAfterSeconds', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  it.each([
    ['30', 30],
    ['0.2', 1],
    ['-5', 0],
    ['Sat, 21 Nov 2026 12:01:00 GMT', 60],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['soon', 0],
    ['', 0],
    [undefined, 0],
  ])('%s', (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds)
  })
})
