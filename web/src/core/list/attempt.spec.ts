import { beforeAll, expect, it, vi } from 'vitest'
import { notify } from '@/core/http/notify'
import { ApiError } from '@/core/http/problem'
import { useLocale } from '@/core/i18n/i18n'
import { attempt } from './attempt'

vi.mock('@/core/http/notify')
beforeAll(() => useLocale('en'))

it('says why it did not work, also when nobody answers, and nothing twice', async () => {
  const outage = new ApiError('network_unreachable', 0)
  expect(await attempt(() => Promise.reject(outage))).toBe(false)
  expect(notify).toHaveBeenCalledWith('The server cannot be reached. Check your connection.')
  outage.isTold = true
  expect(await attempt(() => Promise.reject(outage))).toBe(false)
  expect(notify).toHaveBeenCalledTimes(1)
})
