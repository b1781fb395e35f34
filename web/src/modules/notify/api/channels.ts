import type { components } from '@/core/api/schema'
import { get, patch, post } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'

export type Channel = components['schemas']['NoticeChannelAnswer']
export type ChannelCreate = components['schemas']['NoticeChannelCreate']
export type ChannelUpdate = components['schemas']['NoticeChannelUpdate']
export type ChannelTest = components['schemas']['NoticeChannelTest']

const quiet = { quiet: true }
const TEST_TIMEOUT_MS = 30_000

export function listChannels(query: ListQuery): Promise<Page<Channel>> {
  return get('/api/v1/notice-channels', { ...quiet, params: query })
}

export function createChannel(body: ChannelCreate): Promise<Channel> {
  return post('/api/v1/notice-channels', body, quiet)
}

export function changeChannel(id: number, body: ChannelUpdate): Promise<Channel> {
  return patch('/api/v1/notice-channels/{id}', body, { ...quiet, path: { id } })
}

export async function removeChannels(ids: number[]): Promise<void> {
  await post('/api/v1/notice-channels/batch-delete', { ids }, quiet)
}

export async function restoreChannels(ids: number[]): Promise<void> {
  await post('/api/v1/notice-channels/restore', { ids }, quiet)
}

export async function enableChannels(ids: number[], on: boolean): Promise<void> {
  await post('/api/v1/notice-channels/batch-enable', { ids, is_enabled: on }, quiet)
}

export function testChannel(id: number): Promise<ChannelTest> {
  return post('/api/v1/notice-channels/{id}/test', undefined, { ...quiet, path: { id }, timeout: TEST_TIMEOUT_MS })
}
