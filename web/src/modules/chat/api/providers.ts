import { get, patch, post } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'
import type { ChatProvider, ChatProviderForm, ProviderTest } from './types'

const quiet = { quiet: true }
const to = (id: number) => ({ ...quiet, path: { id } })
const TEST_TIMEOUT_MS = 60_000

export const listProviders = (query: ListQuery): Promise<Page<ChatProvider>> => get('/api/v1/chat-providers', { ...quiet, params: query })

export const createProvider = (body: ChatProviderForm): Promise<ChatProvider> => post('/api/v1/chat-providers', body, quiet)

export const changeProvider = (id: number, change: Partial<ChatProviderForm>): Promise<ChatProvider> =>
  patch('/api/v1/chat-providers/{id}', change, to(id))

export async function removeProviders(ids: number[]): Promise<void> {
  await post('/api/v1/chat-providers/batch-delete', { ids }, quiet)
}

export async function restoreProviders(ids: number[]): Promise<void> {
  await post('/api/v1/chat-providers/restore', { ids }, quiet)
}

export const testProvider = (id: number): Promise<ProviderTest> =>
  post('/api/v1/chat-providers/{id}/test', undefined, { ...to(id), timeout: TEST_TIMEOUT_MS })
