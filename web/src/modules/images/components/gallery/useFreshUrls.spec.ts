import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useFreshUrls } from './useFreshUrls'

describe('addresses of pictures', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('that ran out are asked for anew once, however many fail', () => {
    const refresh = vi.fn(() => Promise.resolve())
    const urls = useFreshUrls(refresh)
    urls.onError('/a?expires=1')
    urls.onError('/b?expires=1')
    expect(refresh).toHaveBeenCalledTimes(1)
    expect(urls.isBroken('/a?expires=1')).toBe(true)
    // The new address is another one, so the picture is tried again.
    expect(urls.isBroken('/a?expires=2')).toBe(false)
    vi.advanceTimersByTime(6_000)
    urls.onError('/c?expires=1')
    expect(refresh).toHaveBeenCalledTimes(2)
  })

  it('that are broken can be tried again', async () => {
    const refresh = vi.fn(() => Promise.resolve())
    const urls = useFreshUrls(refresh)
    urls.onError('/a')
    await urls.again()
    expect(urls.isBroken('/a')).toBe(false)
    expect(refresh).toHaveBeenCalledTimes(2)
  })
})
