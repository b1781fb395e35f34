import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deliver, onServerEvent } from './bus'
import { follow, retryDelay, type ServerEvent } from './feed'
import { createFollower, HIDDEN_MS } from './follower'
import { SILENCE_MS } from './stream'

const encoder = new TextEncoder()
const calls: { headers: Record<string, string>; signal: AbortSignal }[] = []
let answers: (() => Response)[] = []

function body(...chunks: string[]): Response {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      chunks.forEach((chunk) => controller.enqueue(encoder.encode(chunk)))
      controller.close()
    },
  })
  return new Response(stream)
}
/** A stream that stays open until the caller lets go, as a live one does. */
function open(signal: AbortSignal, ...chunks: string[]): Response {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      chunks.forEach((chunk) => controller.enqueue(encoder.encode(chunk)))
      signal.addEventListener('abort', () => controller.error(signal.reason))
    },
  })
  return new Response(stream)
}

const seen: ServerEvent[] = []
const hooks = { accessToken: () => 't1', refresh: vi.fn(async () => 't2' as string | null), deliver: (event: ServerEvent) => seen.push(event) }

beforeEach(() => {
  vi.useFakeTimers()
  calls.length = seen.length = 0
  answers = []
  hooks.refresh.mockReset().mockResolvedValue('t2')
  vi.stubGlobal('fetch', (_: string, init: { headers: Record<string, string>; signal: AbortSignal }) => {
    calls.push(init)
    const answer = answers.shift()
    return answer ? Promise.resolve(answer()) : Promise.resolve(open(init.signal))
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('the feed', () => {
  it('reads events over chunk borders and goes on after the last one when the server ends the stream', async () => {
    answers = [() => body('retry: 200\nid: 7\nevent: hel', 'lo\ndata: {"release":"r1"}\n\n: ping\n\n')]
    const stop = new AbortController()
    const done = follow('/events', hooks, { id: '' }, stop.signal)
    await vi.advanceTimersByTimeAsync(250)
    expect(seen).toEqual([{ name: 'hello', id: '7', data: { release: 'r1' } }])
    expect(calls[0]?.headers).toMatchObject({ Authorization: 'Bearer t1' })
    expect(calls[0]?.headers).not.toHaveProperty('Last-Event-ID')
    expect(calls[1]?.headers).toMatchObject({ 'Last-Event-ID': '7' })
    stop.abort()
    await done
  })

  it('asks for a new token at a 401, and stops when the session is over', async () => {
    answers = [() => new Response('', { status: 401 }), () => new Response('', { status: 401 })]
    hooks.refresh.mockResolvedValueOnce('t2').mockResolvedValueOnce(null)
    const done = follow('/events', hooks, { id: '' }, new AbortController().signal)
    await vi.advanceTimersByTimeAsync(5_000)
    await done
    expect(calls).toHaveLength(2)
  })

  it('waits longer with each failure, never longer than half a minute, and never as others do', () => {
    const most = [0, 1, 2, 10].map((failures) => retryDelay(500, failures, () => 1))
    expect(most).toEqual([500, 1000, 2000, 30_000])
    expect(retryDelay(500, 10, () => 0)).toBe(15_000)
  })

  it('takes a way that fell silent for a dead one', async () => {
    const stop = new AbortController()
    void follow('/events', hooks, { id: '' }, stop.signal)
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 1)
    expect(calls).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2_001)
    expect(calls).toHaveLength(2)
    stop.abort()
  })
})

describe('the follower', () => {
  const look = async (state: 'visible' | 'hidden') => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(0)
  }

  it('lets go when nobody looks for long, and comes back with the look', async () => {
    await look('visible')
    const follower = createFollower('/events', hooks)
    follower.start(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(calls).toHaveLength(1)
    await look('hidden')
    await vi.advanceTimersByTimeAsync(HIDDEN_MS - 1)
    expect(calls.at(-1)?.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(calls.at(-1)?.signal.aborted).toBe(true)
    const before = calls.length
    await look('visible')
    expect(calls).toHaveLength(before + 1)
    follower.stop()
    expect(calls.at(-1)?.signal.aborted).toBe(true)
  })

  it('is started once for a person, and anew for another', async () => {
    await look('visible')
    const follower = createFollower('/events', hooks)
    follower.start(1)
    follower.start(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(calls).toHaveLength(1)
    follower.start(2)
    await vi.advanceTimersByTimeAsync(0)
    expect(calls).toHaveLength(2)
    follower.stop()
  })
})

describe('the bus', () => {
  it('brings an event to all who asked, also when one of them fails', () => {
    const report = vi.fn()
    vi.stubGlobal('reportError', report)
    const heard = vi.fn()
    const stops = [
      onServerEvent('rights', () => {
        throw new Error('bug')
      }),
      onServerEvent('rights', heard),
    ]
    deliver({ name: 'rights', id: '1', data: {} })
    deliver({ name: 'other', id: '2', data: {} })
    expect(heard).toHaveBeenCalledTimes(1)
    expect(report).toHaveBeenCalledTimes(1)
    stops.forEach((stop) => stop())
    deliver({ name: 'rights', id: '3', data: {} })
    expect(heard).toHaveBeenCalledTimes(1)
  })
})
