import type { ApiError } from '@/core/http/problem'

/** The token of a mailed link. It is in the fragment, which no server and no log ever sees. */
export function tokenOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token') ?? ''
}

/** Unknown, used or expired: the server tells nobody which, and for a person the way on is the same. */
export function isDeadLink(failure: ApiError | null): boolean {
  return failure?.code === 'link_invalid'
}
