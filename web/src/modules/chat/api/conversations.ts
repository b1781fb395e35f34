import { fillPath, get, http, patch, post } from '@/core/http/client'
import type { Page } from '@/core/list/types'
import type { Asked, Branch, Conversation, ConversationChange, NewConversation } from './types'

const quiet = { quiet: true }
const to = (id: number) => ({ ...quiet, path: { id } })
/** The same key twice asks once. */
const once = (id: number, key: string) => ({ ...to(id), headers: { 'Idempotency-Key': key } })
const FILE_TIMEOUT_MS = 120_000

export interface ConversationQuery {
  q?: string
  archived?: boolean
  page: number
  page_size: number
}

export const listConversations = (query: ConversationQuery): Promise<Page<Conversation>> =>
  get('/api/v1/conversations', { ...quiet, params: query })

export const getConversation = (id: number): Promise<Conversation> => get('/api/v1/conversations/{id}', to(id))

export const createConversation = (body: NewConversation): Promise<Conversation> => post('/api/v1/conversations', body, quiet)

export const changeConversation = (id: number, change: ConversationChange): Promise<Conversation> =>
  patch('/api/v1/conversations/{id}', change, to(id))

export async function removeConversations(ids: number[]): Promise<void> {
  await post('/api/v1/conversations/batch-delete', { ids }, quiet)
}

export async function restoreConversations(ids: number[]): Promise<void> {
  await post('/api/v1/conversations/restore', { ids }, quiet)
}

/** Every message of the chosen branch, the first one first. */
export const listMessages = (id: number): Promise<Branch> => get('/api/v1/conversations/{id}/messages', to(id))

/** Chooses the branch through this message. */
export async function chooseBranch(id: number, leaf_message_id: number): Promise<void> {
  await patch('/api/v1/conversations/{id}', { leaf_message_id }, to(id))
}

/** `parentId` of null begins at the root again; undefined goes on at the end. */
export function ask(id: number, content: string, key: string, parentId?: number | null): Promise<Asked> {
  const body = parentId === undefined ? { content } : { content, parent_id: parentId }
  return post('/api/v1/conversations/{id}/messages', body, once(id, key))
}

export const regenerate = (messageId: number, key: string): Promise<Asked> =>
  post('/api/v1/messages/{id}/regenerate', {}, once(messageId, key))

export async function stopAnswer(messageId: number): Promise<void> {
  await post('/api/v1/messages/{id}/stop', undefined, to(messageId))
}

export type ExportFormat = 'markdown' | 'json'

async function file(path: string, params: Record<string, string> = {}): Promise<Blob> {
  return (await http.get<Blob>(path, { ...quiet, params, responseType: 'blob', timeout: FILE_TIMEOUT_MS })).data
}

export const exportConversation = (id: number, format: ExportFormat): Promise<Blob> =>
  file(fillPath('/api/v1/conversations/{id}/export', { id }), { format })

export const exportAll = (): Promise<Blob> => file('/api/v1/conversations/export')

export async function importConversations(chosen: File): Promise<number> {
  const form = new FormData()
  form.append('file', chosen)
  return (await post('/api/v1/conversations/import', form, { ...quiet, timeout: FILE_TIMEOUT_MS })).imported
}
