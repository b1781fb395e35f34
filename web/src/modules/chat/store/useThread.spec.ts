import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref, type EffectScope } from 'vue'
import { deliver } from '@/core/events/bus'
import { ApiError } from '@/core/http/problem'
import type { JobHooks } from '@/core/jobs/types'
import * as api from '../api/conversations'
import { conversation, message } from '../testing'
import { useThread } from './useThread'

const followed = vi.hoisted(() => new Map<number, { hooks: JobHooks; stopped: boolean }>())
vi.mock('@/core/jobs/followJob', () => ({
  followJob: (id: number, hooks: JobHooks) => {
    const entry = { hooks, stopped: false }
    followed.set(id, entry)
    return () => (entry.stopped = true)
  },
}))
vi.mock('../api/conversations')

const id = ref<number | null>(1)
let scope: EffectScope
let thread: ReturnType<typeof useThread>

async function open(items = [message(1, null), message(2, 1)]): Promise<void> {
  vi.mocked(api.getConversation).mockImplementation((wanted) => Promise.resolve(conversation(wanted)))
  vi.mocked(api.listMessages).mockResolvedValue({ items, leaf_id: items.at(-1)?.id ?? null })
  scope = effectScope()
  thread = scope.run(() => useThread(id)) as ReturnType<typeof useThread>
  await flushPromises()
}
const ids = (): number[] => thread.messages.value.map((one) => one.id)
const running = (number: number, parent: number, job: number) => message(number, parent, { state: 'running', content: '', job_id: job })

beforeEach(() => {
  vi.resetAllMocks()
  followed.clear()
  id.value = 1
})
afterEach(() => scope.stop())

describe('a conversation', () => {
  it('shows its branch and follows nothing that has ended', async () => {
    await open()
    expect(ids()).toEqual([1, 2])
    expect(thread.running.value).toBeNull()
    expect(followed.size).toBe(0)
  })

  it('goes on with an answer that was being written when the page was loaded', async () => {
    await open([message(1, null), { ...running(2, 1, 70), content: 'Stored' }])
    expect(thread.running.value?.id).toBe(2)
    followed.get(70)?.hooks.onEvent?.('reset', {})
    followed.get(70)?.hooks.onEvent?.('delta', { text: 'Stored and' })
    expect(thread.live.get(2)?.text).toBe('Stored and')
  })

  it('shows a sent question at once, and its answer as it comes', async () => {
    await open()
    vi.mocked(api.ask).mockResolvedValue({ id: 71, user_message: message(3, 2), assistant_message: running(4, 3, 71) })
    await thread.send(1, 'hello', 'key')
    expect(api.ask).toHaveBeenCalledWith(1, 'hello', 'key', undefined)
    expect(ids()).toEqual([1, 2, 3, 4])
    const { hooks } = followed.get(71) as { hooks: JobHooks }
    hooks.onStatus?.({ state: 'queued', progress: null, progress_text: '', place_in_line: 2 })
    expect(thread.live.get(4)?.placeInLine).toBe(2)
    hooks.onEvent?.('delta', { text: 'Hi' })
    expect(thread.live.get(4)).toMatchObject({ text: 'Hi', placeInLine: null })
    vi.mocked(api.listMessages).mockReturnValue(new Promise(() => undefined))
    hooks.onEnd({ state: 'done', result: {}, error: null })
    expect(thread.messages.value.at(-1)).toMatchObject({ state: 'done', content: 'Hi' })
    expect(thread.live.size).toBe(0)
    expect(thread.running.value).toBeNull()
  })

  it.each([
    ['cancelled', 'stopped'],
    ['failed', 'failed'],
  ] as const)('keeps what there is of an answer that was %s', async (state, shown) => {
    await open([message(1, null), running(2, 1, 70)])
    const { hooks } = followed.get(70) as { hooks: JobHooks }
    hooks.onEvent?.('delta', { text: 'Half' })
    vi.mocked(api.listMessages).mockReturnValue(new Promise(() => undefined))
    const error = state === 'failed' ? { code: 'provider_broken', message: 'cut', details: null } : null
    hooks.onEnd({ state, result: null, error })
    expect(thread.messages.value.at(-1)).toMatchObject({ state: shown, content: 'Half', error })
  })

  it('does not add to a conversation that the person has left meanwhile', async () => {
    await open()
    let answer: (asked: never) => void = () => undefined
    vi.mocked(api.ask).mockReturnValue(new Promise((resolve) => (answer = resolve)))
    const sending = thread.send(1, 'hello', 'key')
    vi.mocked(api.listMessages).mockResolvedValue({ items: [message(21, null)], leaf_id: 21 })
    id.value = 2
    await flushPromises()
    answer({ id: 71, user_message: message(3, 2), assistant_message: running(4, 3, 71) } as never)
    await sending
    expect(ids()).toEqual([21])
    expect(followed.has(71)).toBe(false)
  })

  it('forks when a question is put again', async () => {
    await open([message(1, null), message(2, 1), message(3, 2), message(4, 3)])
    const again = message(5, 2, { sibling_ids: [3, 5] })
    vi.mocked(api.ask).mockResolvedValue({ id: 72, user_message: again, assistant_message: running(6, 5, 72) })
    await thread.send(1, 'again', 'key', 2)
    expect(ids()).toEqual([1, 2, 5, 6])
  })

  it('asks the server when another tab went on elsewhere', async () => {
    await open()
    vi.mocked(api.ask).mockResolvedValue({ id: 72, user_message: message(9, 8), assistant_message: running(10, 9, 72) })
    vi.mocked(api.listMessages).mockResolvedValue({ items: [message(7, null), message(8, 7), message(9, 8), running(10, 9, 72)], leaf_id: 10 })
    await thread.send(1, 'hello', 'key')
    await flushPromises()
    expect(ids()).toEqual([7, 8, 9, 10])
    expect(followed.has(72)).toBe(true)
  })

  it('follows what another tab does', async () => {
    vi.useFakeTimers()
    await open()
    vi.mocked(api.listMessages).mockResolvedValue({ items: [message(1, null), message(2, 1), message(3, 2), running(4, 3, 73)], leaf_id: 4 })
    deliver({ name: 'conversation', id: '1', data: { id: 99, change: 'message' } })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(ids()).toEqual([1, 2])
    deliver({ name: 'conversation', id: '2', data: { id: 1, change: 'message' } })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(ids()).toEqual([1, 2, 3, 4])
    expect(followed.has(73)).toBe(true)
    vi.useRealTimers()
  })

  it('takes stopping back when it could not be done', async () => {
    await open([message(1, null), running(2, 1, 70)])
    vi.mocked(api.stopAnswer).mockRejectedValueOnce(new ApiError('network_unreachable', 0))
    const stopping = thread.stop(thread.messages.value[1] as never)
    expect(thread.live.get(2)?.stopping).toBe(true)
    await expect(stopping).rejects.toThrow()
    expect(thread.live.get(2)?.stopping).toBe(false)
  })

  it('keeps what it shows when a reload fails, and says so', async () => {
    await open()
    vi.mocked(api.listMessages).mockRejectedValue(new ApiError('bad_gateway', 502))
    await thread.load()
    expect(ids()).toEqual([1, 2])
    expect(thread.error.value?.code).toBe('bad_gateway')
  })

  it('that is gone says so', async () => {
    await open()
    vi.mocked(api.getConversation).mockRejectedValue(new ApiError('not_found', 404))
    await thread.load()
    expect(thread.isGone.value).toBe(true)
  })

  it('asks for nothing when it was just made, and lets go of what it followed when left', async () => {
    await open([message(1, null), running(2, 1, 70)])
    vi.mocked(api.getConversation).mockClear()
    thread.adopt(conversation(5))
    id.value = 5
    await flushPromises()
    expect(api.getConversation).not.toHaveBeenCalled()
    expect(thread.conversation.value?.id).toBe(5)
    expect(ids()).toEqual([])
    expect(followed.get(70)?.stopped).toBe(true)
  })
})
