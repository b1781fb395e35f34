import { readStream, StreamRefused } from './stream'

export interface ServerEvent {
  name: string
  id: string
  data: unknown
}

export interface FeedHooks {
  accessToken(): string | null
  /** A new access token, or null when the session is over. Throws when the server cannot be asked. */
  refresh(): Promise<string | null>
  deliver(event: ServerEvent): void
  /** Called when the stream opens and when it ends or breaks, for whoever has another way to ask meanwhile. */
  connected?(isOpen: boolean): void
  /** Refused, and not because of the session: true when it is no use to ask again. */
  isHopeless?(status: number): boolean
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

/** How long to wait before try number `failures`: doubling, and spread, so that a restart is not followed by a rush. */
export function retryDelay(base: number, failures: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_RETRY_MS, base * 2 ** failures)
  return ceiling / 2 + (ceiling / 2) * random()
}

export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

/** Stays connected until the signal says stop or the session is over. `last` is where an earlier connection got to. */
export async function follow(url: string, hooks: FeedHooks, last: { id: string }, signal: AbortSignal): Promise<void> {
  let base = FIRST_RETRY_MS
  let failures = 0
  while (!signal.aborted) {
    const headers: Record<string, string> = { Authorization: `Bearer ${hooks.accessToken() ?? ''}` }
    if (last.id) headers['Last-Event-ID'] = last.id
    try {
      await readStream(
        url,
        headers,
        {
          onOpen: () => {
            failures = 0
            hooks.connected?.(true)
          },
          onRetry: (ms) => (base = ms),
          onEvent: ({ event, id, data }) => {
            if (id) last.id = id
            hooks.deliver({ name: event ?? 'message', id: id ?? '', data: data ? (JSON.parse(data) as unknown) : null })
          },
        },
        signal,
      )
    } catch (error) {
      if (signal.aborted) return
      failures += 1
      if (error instanceof StreamRefused) {
        if (error.status === 401 ? !(await renew(hooks)) : hooks.isHopeless?.(error.status)) return
      }
    }
    hooks.connected?.(false)
    await sleep(retryDelay(base, failures), signal)
  }
}

/** False when there is nobody to follow for any more; a server that cannot be asked is tried again later. */
async function renew(hooks: FeedHooks): Promise<boolean> {
  try {
    return (await hooks.refresh()) !== null
  } catch {
    return true
  }
}
