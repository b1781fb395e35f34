import { follow, type FeedHooks, type ServerEvent } from './feed'

/** A page that nobody looks at lets go after this time, and another tab or the next look takes over. */
export const HIDDEN_MS = 60_000

interface Shared {
  event: ServerEvent
}

/**
 * One connection per browser: the tab that holds the lock connects and passes events on to the others. Without Web Locks
 * (plain http on an address other than localhost) each tab has its own, which costs the server more and nobody anything.
 */
export function createFollower(url: string, hooks: FeedHooks) {
  const last = { id: '' }
  let stopCurrent: (() => void) | null = null
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined
  let user: number | null = null

  function connect(): void {
    if (stopCurrent || user === null) return
    const stopped = new AbortController()
    const name = `groundwork.events.${user}`
    const locks = navigator.locks as LockManager | null | undefined
    const channel = locks && typeof BroadcastChannel === 'function' ? new BroadcastChannel(name) : null
    channel?.addEventListener('message', ({ data }: MessageEvent<Shared>) => receive(data.event))
    const run = (): Promise<void> =>
      follow(url, { ...hooks, deliver: (event) => (channel?.postMessage({ event }), receive(event)) }, last, stopped.signal)
    stopCurrent = () => {
      stopped.abort()
      channel?.close()
      stopCurrent = null
    }
    const running = channel && locks ? locks.request(name, { signal: stopped.signal }, run) : run()
    void running.catch((error: unknown) => {
      if (!stopped.signal.aborted) reportError(error)
    })
  }

  function receive(event: ServerEvent): void {
    // Whoever takes over goes on where the other one was.
    if (event.id) last.id = event.id
    hooks.deliver(event)
  }

  function onVisibility(): void {
    clearTimeout(hiddenTimer)
    if (document.visibilityState === 'visible') connect()
    else hiddenTimer = setTimeout(() => stopCurrent?.(), HIDDEN_MS)
  }

  function start(who: number): void {
    if (user === who) return
    stop()
    user = who
    document.addEventListener('visibilitychange', onVisibility)
    if (document.visibilityState === 'visible') connect()
  }

  function stop(): void {
    clearTimeout(hiddenTimer)
    document.removeEventListener('visibilitychange', onVisibility)
    stopCurrent?.()
    user = null
    last.id = ''
  }

  return { start, stop }
}
