import type { components } from '@/core/api/schema'
import { get, post, put } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'

export type InboxNotice = components['schemas']['InboxNoticeAnswer']
export type Preference = components['schemas']['InboxPreferenceAnswer']
export type Preferences = components['schemas']['InboxPreferences']
export type PreferenceUpdate = components['schemas']['InboxPreferenceUpdate']

const quiet = { quiet: true }

export function listInbox(query: ListQuery): Promise<Page<InboxNotice>> {
  return get('/api/v1/inbox', { ...quiet, params: query })
}

export async function countUnread(): Promise<number> {
  return (await get('/api/v1/inbox/unread', quiet)).unread
}

export async function markNotices(ids: number[], read: boolean): Promise<void> {
  await post('/api/v1/inbox/mark', { ids, is_read: read }, quiet)
}

export async function markAllNotices(): Promise<void> {
  await post('/api/v1/inbox/mark-all', undefined, quiet)
}

export async function removeNotices(ids: number[]): Promise<void> {
  await post('/api/v1/inbox/batch-delete', { ids }, quiet)
}

export async function restoreNotices(ids: number[]): Promise<void> {
  await post('/api/v1/inbox/restore', { ids }, quiet)
}

export function getPreferences(): Promise<Preferences> {
  return get('/api/v1/inbox/preferences', quiet)
}

export async function setPreference(wish: PreferenceUpdate): Promise<void> {
  await put('/api/v1/inbox/preferences', wish, quiet)
}
