import type { components } from '@/core/api/schema'
import { get, post } from '@/core/http/client'
import type { Job } from '@/core/jobs/types'
import type { ListQuery, Page } from '@/core/list/types'

export type { Job }
export type QueueOverview = components['schemas']['Queues']
export type Queue = QueueOverview['queues'][number]
export type Worker = QueueOverview['workers'][number]

const quiet = { quiet: true }

export function listJobs(query: ListQuery): Promise<Page<Job>> {
  return get('/api/v1/jobs', { ...quiet, params: query })
}

export async function removeJobs(ids: number[]): Promise<void> {
  await post('/api/v1/jobs/batch-delete', { ids }, quiet)
}

export async function restoreJobs(ids: number[]): Promise<void> {
  await post('/api/v1/jobs/restore', { ids }, quiet)
}

export function jobQueues(): Promise<QueueOverview> {
  return get('/api/v1/job-queues', quiet)
}
