import { AxiosError, AxiosHeaders, type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import { ApiError, isProblem, retryAfterSeconds } from './problem'

declare module 'axios' {
  interface AxiosRequestConfig {
    /** The caller shows the failure in the page itself, so no message pops up. */
    quiet?: boolean
    /** Asks for a session instead of using one: a 401 here means what it says. */
    anonymous?: boolean
    /** Set on the second try after a refresh, so that there is never a third. */
    retried?: boolean
  }
}

/** What the interceptor needs of the rest, handed in so that it can be tested alone and imports no store. */
export interface HttpHooks {
  accessToken(): string | null
  /** Gets a new access token, or null when the session is over. Throws when the server cannot be asked. */
  refresh(): Promise<string | null>
  onSessionLost(): void
  /** A right that the page thought was there is gone. */
  onDenied(): void
  notify(error: ApiError): void
  language(): string
}

/** The one place where a failed answer gets its meaning. */
export function installInterceptors(http: AxiosInstance, hooks: HttpHooks): void {
  let refreshing: Promise<string | null> | null = null

  // Every request that meets a 401 waits for the same refresh: the cookie rotates, so a second one would look like theft.
  function refreshOnce(): Promise<string | null> {
    refreshing ??= hooks.refresh().finally(() => {
      refreshing = null
    })
    return refreshing
  }

  http.interceptors.request.use((config) => {
    config.headers.set('Accept-Language', hooks.language())
    // Proof for the cookie routes that a script of this origin asks: no form of another site can set it.
    config.headers.set('X-Requested-With', 'XMLHttpRequest')
    const token = hooks.accessToken()
    if (token && !config.anonymous) config.headers.set('Authorization', `Bearer ${token}`)
    return config
  })

  http.interceptors.response.use(undefined, async (failure: unknown) => {
    await readBlob(failure)
    const error = toApiError(failure)
    const config = failure instanceof AxiosError ? failure.config : undefined
    if (error.status !== 401 || !config || config.anonymous) return give(error, config)

    if (config.retried) {
      hooks.onSessionLost()
      throw error
    }
    const token = await newToken(config, refreshOnce, hooks).catch((outage: unknown) => give(toApiError(outage), config))
    if (token) return http.request<unknown, AxiosResponse>({ ...config, retried: true })
    hooks.onSessionLost()
    throw error
  })

  function give(error: ApiError, config: InternalAxiosRequestConfig | undefined): never {
    if (error.code === 'permission_denied') hooks.onDenied()
    if (error.isOutage && !config?.quiet) {
      error.isTold = true
      hooks.notify(error)
    }
    throw error
  }
}

/** Another request may have refreshed while this one was on its way: then its token serves, and nothing is asked. */
async function newToken(
  config: InternalAxiosRequestConfig,
  refreshOnce: () => Promise<string | null>,
  hooks: HttpHooks,
): Promise<string | null> {
  const current = hooks.accessToken()
  const sent = AxiosHeaders.from(config.headers).get('Authorization')
  if (current && sent && sent !== `Bearer ${current}`) return current
  return refreshOnce()
}

/** What was asked for as a file fails in words all the same. */
async function readBlob(failure: unknown): Promise<void> {
  const answer = failure instanceof AxiosError ? failure.response : undefined
  if (answer?.data instanceof Blob) answer.data = parsed(await answer.data.text())
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

export function toApiError(failure: unknown): ApiError {
  if (failure instanceof ApiError) return failure
  if (!(failure instanceof AxiosError)) throw failure
  const answer = failure.response
  if (!answer) {
    return new ApiError(failure.code === AxiosError.ECONNABORTED ? 'timeout' : 'network_unreachable', 0)
  }
  const header = (name: string): unknown => AxiosHeaders.from(answer.headers as AxiosHeaders).get(name)
  const requestId = String(header('x-request-id') ?? '')
  const retryAfter = retryAfterSeconds(header('retry-after'))
  if (isProblem(answer.data)) {
    const { code, errors, request_id } = answer.data
    return new ApiError(code, answer.status, errors ?? [], retryAfter, request_id ?? requestId)
  }
  // Larger than nginx takes: the app never saw it.
  if (answer.status === 413) return new ApiError('payload_too_large', answer.status, [], retryAfter, requestId)
  // No problem document: nginx answered for an app that does not.
  const gateway = [502, 503, 504].includes(answer.status)
  return new ApiError(gateway ? 'bad_gateway' : 'unexpected_answer', answer.status, [], retryAfter, requestId)
}
