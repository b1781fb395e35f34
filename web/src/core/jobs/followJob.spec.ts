import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import { http } from '@/core/http/client'
import { connectJobs, followJob, HIDDEN_JOB_MS, POLL_MS } from './followJob'
import type { JobEnd, JobStatus } from './types'

const encoder = new TextEncoder()
interface Call {
  url: string
  headers: Record<string, string>
  signal: AbortSignal
}
const calls: Call[] = []
let answers: ((call: Call) => Response)[] = []

const event = (name: string, id: number, data: unknown): string => `event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`

/** `stays`: open until the caller lets go, as a live stream; else the server ends it. */
function stream(text: string, stays = true): (call: Call) => Response {
  return ({ signal }) =>
    new Response(
      new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(encoder.encode(text))
          if (stays) signal.addEventListener('abort', () => controller.error(signal.reason))
          else controller.close()
        },
      }),
    )
}

const seen: [string, unknown][] = []
const statuses: JobStatus[] = []
const ends: JobEnd[] = []
const onLost = vi.fn()
const hooks = {
  onEvent: (name: string, data: unknown) => seen.push([name, data]),
  onStatus: (status: JobStatus) => statuses.push(status),
  onEnd: (end: JobEnd) => ends.push(end),
  onLost,
}
const done = { state: 'done', result: { n: 1 }, error: null }
const refresh = vi.fn(async () => 't2' as string | null)
let stop: () => void = () => undefined

function look(state: 'visible' | 'hidden'): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
  document.dispatchEvent(new Event('visibilitychange'))
}

beforeEach(() => {
  vi.useFakeTimers()
  calls.length = seen.length = statuses.length = ends.length = 0
  answers = []
  onLost.mockReset()
  connectJobs({ accessToken: () => 't1', refresh })
  vi.stubGlobal('reportError', (error: unknown) => {
    throw error
  })
  vi.stubGlobal('fetch', (url: string, init: Omit<Call, 'url'>) => {
    const call = { url, ...init }
    calls.push(call)
    return Promise.resolve((answers.shift() ?? stream(''))(call))
  })
  vi.spyOn(http, 'get').mockResolvedValue({ status: 200, data: { state: 'running' }, headers: { etag: 'W/"1"' } })
})
afterEach(() => {
  stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('following a job', () => {
  it('hands on its own events, its state and its end, and lets go then', async () => {
    answers = [
      stream(
        event('state', 1, { state: 'queued', progress: null, progress_text: '', place_in_line: 2 }) +
          event('state', 2, { state: 'running', place_in_line: null }) +
          event('delta', 3, { text: 'Hi' }) +
          event('progress', 4, { progress: 0.5, text: 'half' }) +
          event('end', 5, done),
      ),
    ]
    stop = followJob(8, hooks)
    await vi.advanceTimersByTimeAsync(1)
    expect(calls[0]?.url).toContain('/api/v1/jobs/8/events')
    expect(calls[0]?.headers).toMatchObject({ Authorization: 'Bearer t1' })
    expect(seen).toEqual([['delta', { text: 'Hi' }]])
    expect(statuses.map(({ state, place_in_line }) => [state, place_in_line])).toEqual([
      ['queued', 2],
      ['running', null],
      ['running', null],
    ])
    expect(statuses.at(-1)).toMatchObject({ progress: 0.5, progress_text: 'half' })
    expect(ends).toEqual([done])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(calls).toHaveLength(1)
    expect(http.get).not.toHaveBeenCalled()
  })

  it('goes on after the last event it saw when the server ends the stream', async () => {
    answers = [stream(event('delta', 41, { text: 'a' }), false), stream(event('delta', 42, { text: 'b' }) + event('end', 43, done))]
    stop = followJob(8, hooks)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(calls[1]?.headers).toMatchObject({ 'Last-Event-ID': '41' })
    expect(seen.map(([, data]) => (data as { text: string }).text)).toEqual(['a', 'b'])
    expect(ends).toHaveLength(1)
  })

  it('asks while there is no stream, and ends by that too', async () => {
    answers = Array.from({ length: 20 }, () => () => new Response(null, { status: 502 }))
    stop = followJob(8, hooks)
    await vi.advanceTimersByTimeAsync(POLL_MS + 10)
    expect(http.get).toHaveBeenCalledTimes(1)
    vi.mocked(http.get).mockResolvedValueOnce({ status: 304, data: '', headers: {} })
    await vi.advanceTimersByTimeAsync(POLL_MS)
    expect(vi.mocked(http.get).mock.calls[1]?.[1]?.headers).toEqual({ 'If-None-Match': 'W/"1"' })
    vi.mocked(http.get).mockRejectedValueOnce(new ApiError('network_unreachable', 0))
    await vi.advanceTimersByTimeAsync(POLL_MS)
    vi.mocked(http.get).mockResolvedValueOnce({ status: 200, data: { state: 'failed', result: null, error: { code: 'x', message: '' } }, headers: {} })
    await vi.advanceTimersByTimeAsync(POLL_MS)
    expect(ends).toEqual([{ state: 'failed', result: null, error: { code: 'x', message: '' } }])
    const asked = vi.mocked(http.get).mock.calls.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(vi.mocked(http.get).mock.calls).toHaveLength(asked)
  })

  it('does not ask beside an open stream', async () => {
    stop = followJob(8, hooks)
    await vi.advanceTimersByTimeAsync(POLL_MS * 5)
    expect(http.get).not.toHaveBeenCalled()
  })

  it('gets a new token when the old one has run out', async () => {
    answers = [() => new Response(null, { status: 401 }), stream(event('end', 1, done))]
    stop = followJob(8, hooks)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(refresh).toHaveBeenCalledTimes(1)
    expect(ends).toHaveLength(1)
  })

  it('gives a job up that is not there', async () => {
    answers = [() => new Response(null, { status: 404 })]
    stop = followJob(8, hooks)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(onLost).toHaveBeenCalledTimes(1)
    expect(ends).toEqual([])
    expect(calls).toHaveLength(1)
  })

  it('calls nobody after it was stopped', async () => {
    stop = followJob(8, hooks)
    await vi.advanceTimersByTimeAsync(1)
    stop()
    expect(calls[0]?.signal.aborted).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(onLost).not.toHaveBeenCalled()
    expect(calls).toHaveLength(1)
  })

  it('lets go of the stream while nobody looks, and misses nothing', async () => {
    answers = [stream(event('delta', 7, { text: 'a' })), stream(event('end', 8, done))]
    stop = followJob(8, hooks)
    await vi.advanceTimersByTimeAsync(1)
    look('hidden')
    await vi.advanceTimersByTimeAsync(HIDDEN_JOB_MS - 10)
    expect(calls[0]?.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(20)
    expect(calls[0]?.signal.aborted).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(calls).toHaveLength(1)
    look('visible')
    await vi.advanceTimersByTimeAsync(10)
    expect(calls[1]?.headers).toMatchObject({ 'Last-Event-ID': '7' })
    expect(ends).toHaveLength(1)
  })
})
