import type { components } from '@/core/api/schema'
import { del, get } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'

export type Operation = components['schemas']['OperationLogAnswer']
export type OperationDetail = components['schemas']['OperationLogDetail']
export type FieldChange = components['schemas']['FieldChange']

const quiet = { quiet: true }

export function listOperations(query: ListQuery): Promise<Page<Operation>> {
  return get('/api/v1/operation-logs', { ...quiet, params: query })
}

export function operation(id: number): Promise<OperationDetail> {
  return get('/api/v1/operation-logs/{id}', { ...quiet, path: { id } })
}

/** Removes what is older, in as many requests as the server wants; the number of entries that are gone. */
export async function removeOperationsBefore(before: string): Promise<number> {
  let removed = 0
  for (;;) {
    const answer = await del('/api/v1/operation-logs', { ...quiet, params: { before } })
    removed += answer.removed
    if (!answer.more) return removed
  }
}
