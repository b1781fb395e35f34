import { createParser, type EventSourceMessage } from 'eventsource-parser'

export interface StreamHooks {
  onOpen(): void
  onEvent(event: EventSourceMessage): void
  /** Milliseconds after which the server wants to be asked again. */
  onRetry(ms: number): void
}

export class StreamRefused extends Error {
  override readonly name = 'StreamRefused'

  constructor(readonly status: number) {
    super(`The event stream answered ${status}`)
  }
}

/** Heartbeats come several times in this time: a way that is silent longer is dead, whatever the socket says. */
export const SILENCE_MS = 50_000

/**
 * Reads one event stream to its end. EventSource cannot send a bearer header, hence fetch. Resolves when the server
 * ends the stream, rejects when it refuses or the way breaks.
 */
export async function readStream(
  url: string,
  headers: Record<string, string>,
  hooks: StreamHooks,
  signal: AbortSignal,
): Promise<void> {
  const silent = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const heard = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => silent.abort(new Error('The event stream fell silent')), SILENCE_MS)
  }
  heard()
  try {
    const answer = await fetch(url, {
      headers: { Accept: 'text/event-stream', ...headers },
      cache: 'no-store',
      signal: AbortSignal.any([signal, silent.signal]),
    })
    if (!answer.ok || !answer.body) throw new StreamRefused(answer.status)
    hooks.onOpen()
    const parser = createParser({ onEvent: hooks.onEvent, onRetry: hooks.onRetry })
    const decoder = new TextDecoder()
    const reader = answer.body.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      heard()
      parser.feed(decoder.decode(value, { stream: true }))
    }
  } finally {
    clearTimeout(timer)
  }
}
