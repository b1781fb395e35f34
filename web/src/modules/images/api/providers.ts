import { get, patch, post } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'
import type { ImageProvider, ProviderForm, ProviderTest } from './types'

const quiet = { quiet: true }
const TEST_TIMEOUT_MS = 60_000

export function listProviders(query: ListQuery): Promise<Page<ImageProvider>> {
  return get('/api/v1/image-providers', { ...quiet, params: query })
}

export function createProvider(body: ProviderForm): Promise<ImageProvider> {
  return post('/api/v1/image-providers', body, quiet)
}

export function changeProvider(id: number, change: Partial<ProviderForm>): Promise<ImageProvider> {
  return patch('/api/v1/image-providers/{id}', change, { ...quiet, path: { id } })
}

export async function removeProviders(ids: number[]): Promise<void> {
  await post('/api/v1/image-providers/batch-delete', { ids }, quiet)
}

export async function restoreProviders(ids: number[]): Promise<void> {
  await post('/api/v1/image-providers/restore', { ids }, quiet)
}

export function testProvider(id: number): Promise<ProviderTest> {
  return post('/api/v1/image-providers/{id}/test', undefined, { ...quiet, path: { id }, timeout: TEST_TIMEOUT_MS })
}
