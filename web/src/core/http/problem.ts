import type { components } from '@/core/api/schema'

export type Problem = components['schemas']['Problem']
export type FieldError = components['schemas']['FieldError']

/** Codes that no server sends: what went wrong between the browser and the app. */
export type LocalCode = 'network_unreachable' | 'timeout' | 'bad_gateway' | 'unexpected_answer'

/** Every failed request ends as one of these; `code` is a key below `errors` in the messages. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** A message has popped up: nobody has to say it again. */
  isTold = false

  constructor(
    readonly code: string,
    readonly status: number,
    readonly fields: readonly FieldError[] = [],
    /** Seconds until the server accepts another try; 0 when it named none. */
    readonly retryAfter = 0,
    readonly requestId = '',
  ) {
    super(`${code} (${status})`)
  }

  /** Nobody is to blame in the form: the server or the way to it failed. */
  get isOutage(): boolean {
    return this.status === 0 || this.status >= 500
  }
}

export function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string'
}

/** Retry-After is either seconds or an HTTP date. */
export function retryAfterSeconds(header: unknown, now = Date.now()): number {
  if (typeof header !== 'string' || header === '') return 0
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, Math.ceil(seconds))
  const date = Date.parse(header)
  return Number.isNaN(date) ? 0 : Math.max(0, Math.ceil((date - now) / 1000))
}
