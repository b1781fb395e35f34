import type { Conversation, Message } from './api/types'

/** Rows for tests: every second message an answer, as ids go. */
export function message(id: number, parent_id: number | null, change: Partial<Message> = {}): Message {
  return {
    id,
    conversation_id: 1,
    parent_id,
    role: id % 2 === 1 ? 'user' : 'assistant',
    content: `Message ${id}`,
    thinking: null,
    state: 'done',
    error: null,
    model: 'echo',
    provider_name: 'Built-in',
    job_id: null,
    sibling_ids: [id],
    tokens: null,
    tokens_per_second: null,
    created_at: '2026-11-22T06:00:00Z',
    ...change,
  }
}

export function conversation(id: number, change: Partial<Conversation> = {}): Conversation {
  return {
    id,
    title: `Chat ${id}`,
    is_pinned: false,
    is_archived: false,
    provider_id: 1,
    model: 'echo',
    system_prompt: '',
    temperature: null,
    leaf_id: null,
    running_job_id: null,
    snippet: null,
    created_at: '2026-11-22T06:00:00Z',
    updated_at: '2026-11-22T06:00:00Z',
    ...change,
  }
}
