import { follow, sleep, type FeedHooks, type ServerEvent } from '@/core/events/feed'
import { ApiError } from '@/core/http/problem'
import { pollJob } from './api'
import { isEnded, type JobEnd, type JobHooks, type JobStatus } from './types'

type Credentials = Pick<FeedHooks, 'accessToken' | 'refresh'>

/** A page that nobody looks at lets go of its stream after this time: browsers allow six to a plain-http host. */
export const HIDDEN_JOB_MS = 20_000
/** Without a stream the job is asked for this often. */
export const POLL_MS = 2_000

let credentials: Credentials = { accessToken: () => null, refresh: () => Promise.resolve(null) }

/** Called once at the start: streams carry the session's token, which axios would add by itself. */
export function connectJobs(session: Credentials): void {
  credentials = session
}

/**
 * Follows a job to its end: by its stream, and while there is none by asking. Goes on after the last event that was seen
 * when the connection breaks or the page was hidden. Call the returned function to stop; then no hook is called any more.
 */
export function followJob(id: number, hooks: JobHooks): () => void {
  const url = `${import.meta.env.VITE_API_ORIGIN}/api/v1/jobs/${id}/events`
  const stopped = new AbortController()
  const last = { id: '' }
  let status: JobStatus = { state: 'queued', progress: null, progress_text: '', place_in_line: null }
  let connection: AbortController | null = null
  let polling: AbortController | null = null
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    clearTimeout(hiddenTimer)
    document.removeEventListener('visibilitychange', onVisibility)
    connection?.abort()
    polling?.abort()
    stopped.abort()
  }

  function finish(tell: () => void): void {
    if (stopped.signal.aborted) return
    stop()
    tell()
  }

  const end = ({ state, result, error }: JobEnd): void => finish(() => hooks.onEnd({ state, result, error }))

  function receive({ name, data }: ServerEvent): void {
    if (stopped.signal.aborted) return
    if (name === 'end') return end(data as JobEnd)
    if (name === 'state') return report(data as Partial<JobStatus>)
    if (name === 'progress') {
      const { progress, text } = data as { progress: number | null; text: string }
      return report({ progress, progress_text: text })
    }
    hooks.onEvent?.(name, data)
  }

  function report(change: Partial<JobStatus>): void {
    status = { ...status, ...change }
    hooks.onStatus?.(status)
  }

  function connect(): void {
    if (connection || stopped.signal.aborted) return
    const own = (connection = new AbortController())
    poll(true)
    const running = follow(
      url,
      {
        ...credentials,
        deliver: receive,
        connected: (isOpen) => poll(!isOpen),
        isHopeless: (code) => code === 403 || code === 404 || code === 410,
      },
      last,
      own.signal,
    )
    void running.then(() => {
      // Neither stopped nor hidden: the stream was refused for good.
      if (!own.signal.aborted) finish(() => hooks.onLost?.())
    }, reportError)
  }

  function poll(on: boolean): void {
    if (on === (polling !== null)) return
    polling?.abort()
    polling = on ? new AbortController() : null
    if (polling) void ask(polling.signal).catch(reportError)
  }

  async function ask(signal: AbortSignal): Promise<void> {
    let etag = ''
    for (;;) {
      await sleep(POLL_MS, signal)
      if (signal.aborted) return
      const seen = await pollJob(id, etag).catch((error: unknown) => {
        // The stream hears of lost rights itself; all else passes.
        if (error instanceof ApiError) return null
        throw error
      })
      if (signal.aborted || !seen) continue
      etag = seen.etag
      if (isEnded(seen.job.state)) return end(seen.job)
      report(seen.job)
    }
  }

  function onVisibility(): void {
    clearTimeout(hiddenTimer)
    if (document.visibilityState === 'visible') return connect()
    hiddenTimer = setTimeout(() => {
      connection?.abort()
      connection = null
      poll(false)
    }, HIDDEN_JOB_MS)
  }

  document.addEventListener('visibilitychange', onVisibility)
  connect()
  if (document.visibilityState !== 'visible') onVisibility()
  return stop
}
