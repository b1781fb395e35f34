import { describe, expect, it } from 'vitest'
import { buildCron, readCron } from './cronBuilder'

describe('a plan put together by choosing', () => {
  it.each(['* * * * *', '*/15 * * * *', '0 * * * *', '30 */6 * * *', '5 3 * * *', '0 9 * * 1,2,3,4,5', '0 0 * * 0', '15 8 31 * *', '0 23 L * *'])(
    'is read back as it was chosen: %s',
    (cron) => {
      const parts = readCron(cron)
      expect(parts.mode).not.toBe('own')
      expect(buildCron(parts)).toBe(cron)
    },
  )

  it.each([
    ['0 9 * * MON-FRI', '0 9 * * 1,2,3,4,5'],
    ['0 9 * * 7', '0 9 * * 0'],
    ['00 09 * * 5-7', '0 9 * * 0,5,6'],
  ])('is read from other ways to write it: %s', (cron, same) => {
    expect(buildCron(readCron(cron))).toBe(same)
  })

  it.each(['*/7 * * * *', '0 */5 * * *', '0,30 * * * *', '0 3 1 1 *', '0 3 1 * 5', '0 3 * * SUN#1', '0 3 LW * *', '0 3 0 * *', '60 3 * * *', '0 3 * *', '', 'x y * * *'])(
    'is typed where it cannot be chosen: %s',
    (cron) => {
      expect(readCron(cron).mode).toBe('own')
      expect(buildCron(readCron(cron))).toBeNull()
    },
  )
})
