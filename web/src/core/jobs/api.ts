import { fillPath, get, http, patch, post } from '@/core/http/client'
import type { Job } from './types'

const quiet = { quiet: true }
const to = (id: number) => ({ ...quiet, path: { id } })

export interface Seen {
  job: Job
  etag: string
}

/** The state of a job; null when it is still what `etag` stands for, which costs the server next to nothing. */
export async function pollJob(id: number, etag = ''): Promise<Seen | null> {
  const answer = await http.get<Job>(fillPath('/api/v1/jobs/{id}', { id }), {
    ...quiet,
    headers: etag ? { 'If-None-Match': etag } : {},
    validateStatus: (status) => (status >= 200 && status < 300) || status === 304,
  })
  if (answer.status === 304) return null
  return { job: answer.data, etag: String(answer.headers.etag ?? '') }
}

export const getJob = (id: number): Promise<Job> => get('/api/v1/jobs/{id}', to(id))

export async function cancelJob(id: number): Promise<void> {
  await post('/api/v1/jobs/{id}/cancel', undefined, to(id))
}

/** The id of the new job that does the work again. */
export async function retryJob(id: number): Promise<number> {
  return (await post('/api/v1/jobs/{id}/retry', undefined, to(id))).id
}

export const setJobPriority = (id: number, priority: number): Promise<Job> => patch('/api/v1/jobs/{id}', { priority }, to(id))
