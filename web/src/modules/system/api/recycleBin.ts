import type { components } from '@/core/api/schema'
import { get, post } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'

export type Bin = components['schemas']['RecycledResource']
export type Deleted = components['schemas']['RecycledRow']

const quiet = { quiet: true }

export function bins(): Promise<Bin[]> {
  return get('/api/v1/recycle-bin', quiet)
}

export function listDeleted(resource: string, query: ListQuery): Promise<Page<Deleted>> {
  return get('/api/v1/recycle-bin/{resource}', { ...quiet, path: { resource }, params: query })
}

export async function restoreDeleted(resource: string, ids: number[]): Promise<void> {
  await post('/api/v1/recycle-bin/{resource}/restore', { ids }, { ...quiet, path: { resource } })
}

export async function purgeDeleted(resource: string, ids: number[]): Promise<void> {
  await post('/api/v1/recycle-bin/{resource}/purge', { ids }, { ...quiet, path: { resource } })
}
