import { effectScope, ref, type EffectScope } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deliver } from '@/core/events/bus'
import { useLive } from './useLive'

const event = (name: string): void => deliver({ name, id: '', data: null })
const refresh = vi.fn(() => Promise.resolve())
const active = ref(false)
let scope: EffectScope

describe('what shows jobs', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    refresh.mockClear()
    active.value = false
    scope = effectScope()
    scope.run(() => useLive(refresh, () => active.value))
  })
  afterEach(() => {
    scope.stop()
    vi.useRealTimers()
  })

  it('asks nobody while nothing happens', async () => {
    await vi.advanceTimersByTimeAsync(60_000)
    expect(refresh).not.toHaveBeenCalled()
  })

  it('asks once after several events, and after a gap in them', async () => {
    event('job')
    event('job')
    await vi.advanceTimersByTimeAsync(500)
    expect(refresh).toHaveBeenCalledTimes(1)
    event('reset')
    await vi.advanceTimersByTimeAsync(500)
    expect(refresh).toHaveBeenCalledTimes(2)
  })

  it('goes on asking while something is at work, also when an answer failed', async () => {
    active.value = true
    refresh.mockRejectedValueOnce(new Error('the test'))
    const seen = vi.fn()
    process.once('unhandledRejection', seen)
    await vi.advanceTimersByTimeAsync(6_500)
    expect(refresh).toHaveBeenCalledTimes(3)
    active.value = false
    await vi.advanceTimersByTimeAsync(20_000)
    expect(refresh).toHaveBeenCalledTimes(4)
  })

  it('ends with its component', async () => {
    active.value = true
    event('job')
    scope.stop()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(refresh).not.toHaveBeenCalled()
  })
})
