import type { components } from '@/core/api/schema'
import { get, post } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'

export type OutboxMessage = components['schemas']['OutboxMessageAnswer']

const quiet = { quiet: true }

export function listOutbox(query: ListQuery): Promise<Page<OutboxMessage>> {
  return get('/api/v1/outbox', { ...quiet, params: query })
}

export async function retryMessages(ids: number[]): Promise<void> {
  await post('/api/v1/outbox/retry', { ids }, quiet)
}

export async function cancelMessages(ids: number[]): Promise<void> {
  await post('/api/v1/outbox/cancel', { ids }, quiet)
}
