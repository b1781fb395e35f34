import type { components } from '@/core/api/schema'
import { get, http } from '@/core/http/client'
import { ApiError } from '@/core/http/problem'

export type LinkCheckReport = components['schemas']['LinkCheckReport']
export type LinkCheckRow = components['schemas']['LinkCheckRow']
export type Release = components['schemas']['ReleaseServed']
export type Readiness = components['schemas']['Readiness']

/** The last report, or null before the first one: that is a state to explain, not a failure. */
export async function lastLinkCheck(): Promise<LinkCheckReport | null> {
  try {
    return await get('/api/v1/system/link-check', { quiet: true })
  } catch (error) {
    if (error instanceof ApiError && error.code === 'link_check_not_run') return null
    throw error
  }
}

export function release(): Promise<Release> {
  return get('/api/v1/system/release', { quiet: true })
}

/** 503 with a body is an answer here: it says which check fails. */
export async function readiness(): Promise<Readiness> {
  const answer = await get('/api/v1/health/ready', {
    quiet: true,
    validateStatus: (status) => status === 200 || status === 503,
  })
  if (!Array.isArray(answer?.checks)) throw new ApiError('bad_gateway', 503)
  return answer
}

/** Which release the web pages on the server belong to; null when the build is not marked. */
export async function webReleaseId(): Promise<string | null> {
  try {
    const { data } = await http.get<unknown>('/release.json', { baseURL: '', quiet: true, anonymous: true })
    return typeof data === 'object' && data !== null && 'id' in data && typeof data.id === 'string' ? data.id : null
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}
