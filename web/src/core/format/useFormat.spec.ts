import { describe, expect, it } from 'vitest'
import { relativeParts } from './useFormat'

describe('relativeParts', () => {
  it.each([
    [0, [0, 'second']],
    [-59, [-59, 'second']],
    [-60, [-1, 'minute']],
    [-7_199, [-1, 'hour']],
    [-172_800, [-2, 'day']],
  ])('%d seconds', (seconds, parts) => {
    expect(relativeParts(seconds)).toEqual(parts)
  })
})
