import { onScopeDispose, toValue, watch, type MaybeRefOrGetter } from 'vue'
import { onServerEvent } from '@/core/events/bus'

/** Soon after an event, so that several at once are one question. */
const SOON_MS = 200

/**
 * Keeps what shows jobs, or what another event tells of, at what is so now: asks again soon after each event, and every so often while something
 * goes on, which also does without events. A page that nobody looks at asks when it is looked at again.
 */
export function useLive(
  refresh: () => Promise<unknown>,
  isActive: () => boolean,
  everyMs: MaybeRefOrGetter<number> = 2_000,
  event = 'job',
): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let due = Infinity
  let running = false
  let stopped = false

  function schedule(ms: number): void {
    const at = Date.now() + ms
    if (stopped || at >= due) return
    clearTimeout(timer)
    due = at
    timer = setTimeout(() => void run(), ms)
  }

  async function run(): Promise<void> {
    due = Infinity
    if (document.visibilityState !== 'visible') return
    // What happened meanwhile may not be in the answer that is on its way.
    if (running) return schedule(SOON_MS)
    running = true
    try {
      await refresh()
    } finally {
      running = false
      if (isActive()) schedule(toValue(everyMs))
    }
  }

  const onVisibility = (): void => {
    if (document.visibilityState === 'visible') schedule(SOON_MS)
  }
  const stops = [event, 'reset'].map((name) => onServerEvent(name, () => schedule(SOON_MS)))
  document.addEventListener('visibilitychange', onVisibility)
  watch([isActive, () => toValue(everyMs)], ([on, ms]) => on && schedule(ms), { immediate: true })
  onScopeDispose(() => {
    stopped = true
    clearTimeout(timer)
    stops.forEach((stop) => stop())
    document.removeEventListener('visibilitychange', onVisibility)
  })
}
