import { computed, onScopeDispose, shallowReactive, shallowRef, watch, type Ref } from 'vue'
import { onServerEvent } from '@/core/events/bus'
import { ApiError } from '@/core/http/problem'
import { followJob } from '@/core/jobs/followJob'
import type { JobEnd } from '@/core/jobs/types'
import * as api from '../api/conversations'
import type { Asked, Conversation, ConversationChange, Message, MessageState } from '../api/types'
import { applyEvent, noAnswer, type LiveAnswer } from './answer'
import { grafted, lastAnswer } from './branches'

const FOLLOW_DELAY_MS = 150

const stateAfter = ({ state }: JobEnd): MessageState => (state === 'done' ? 'done' : state === 'cancelled' ? 'stopped' : 'failed')

/** One conversation: the chosen branch of its messages, the answer that is being written, and what can be done with both. */
export function useThread(id: Readonly<Ref<number | null>>) {
  const conversation = shallowRef<Conversation | null>(null)
  const messages = shallowRef<Message[]>([])
  const error = shallowRef<ApiError | null>(null)
  const isLoading = shallowRef(false)
  const live = shallowReactive(new Map<number, LiveAnswer>())
  const followed = new Map<number, () => void>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let latest = 0
  let adopted: Conversation | null = null

  const running = computed(() => messages.value.find(({ state }) => state === 'running') ?? null)
  const isGone = computed(() => error.value?.status === 404)

  async function load(): Promise<void> {
    clearTimeout(timer)
    const mine = ++latest
    const wanted = id.value
    if (wanted === null) return
    isLoading.value = conversation.value === null
    try {
      const [one, branch] = await Promise.all([api.getConversation(wanted), api.listMessages(wanted)])
      if (mine !== latest) return
      conversation.value = one
      show(branch.items)
      error.value = null
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      if (mine === latest) error.value = failure
    } finally {
      if (mine === latest) isLoading.value = false
    }
  }

  function loadSoon(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void load(), FOLLOW_DELAY_MS)
  }

  function show(branch: Message[]): void {
    messages.value = branch
    for (const message of branch) {
      if (message.state === 'running') followAnswer(message)
      else live.delete(message.id)
    }
  }

  function followAnswer({ id: messageId, job_id: jobId }: Message): void {
    if (jobId === null || followed.has(jobId)) return
    live.set(messageId, noAnswer())
    const change = (next: (answer: LiveAnswer) => LiveAnswer): void => {
      live.set(messageId, next(live.get(messageId) ?? noAnswer()))
    }
    followed.set(
      jobId,
      followJob(jobId, {
        onEvent: (name, data) => change((answer) => applyEvent(answer, name, data)),
        onStatus: ({ state, place_in_line }) =>
          change((answer) => ({ ...answer, placeInLine: state === 'queued' ? place_in_line : null })),
        onEnd: (end) => endAnswer(messageId, end),
        onLost: () => void load(),
      }),
    )
  }

  /** Shows the end at once; what is stored, such as the speed, follows. */
  function endAnswer(messageId: number, end: JobEnd): void {
    const answer = live.get(messageId)
    messages.value = messages.value.map((message) => {
      if (message.id !== messageId || message.state !== 'running') return message
      const { text, thinking, tokensPerSecond } = answer ?? noAnswer()
      return {
        ...message,
        content: text || message.content,
        thinking: thinking || message.thinking,
        tokens_per_second: tokensPerSecond ?? message.tokens_per_second,
        state: stateAfter(end),
        error: end.error,
      }
    })
    live.delete(messageId)
    void load()
  }

  async function graft(fresh: Message[]): Promise<void> {
    if (fresh[0]?.conversation_id !== id.value) return
    latest++ // An answer of before knows nothing of these.
    const branch = grafted(messages.value, fresh)
    if (branch) show(branch)
    else await load()
  }

  /** `to` is named, because the person may have gone on to another conversation by now. */
  async function send(to: number, content: string, key: string, parentId?: number | null): Promise<void> {
    const { user_message, assistant_message } = await api.ask(to, content, key, parentId)
    await graft([user_message, assistant_message])
  }

  async function regenerate({ id: messageId }: Message, key: string): Promise<void> {
    const { assistant_message }: Asked = await api.regenerate(messageId, key)
    await graft([assistant_message])
  }

  async function stop(message: Message): Promise<void> {
    const answer = live.get(message.id)
    if (answer) live.set(message.id, { ...answer, stopping: true })
    try {
      await api.stopAnswer(message.id)
    } catch (failure) {
      if (answer) live.set(message.id, { ...(live.get(message.id) ?? answer), stopping: false })
      throw failure
    }
  }

  async function choose(messageId: number): Promise<void> {
    if (id.value === null) return
    await api.chooseBranch(id.value, messageId)
    await load()
  }

  async function change(wanted: ConversationChange): Promise<void> {
    if (conversation.value === null) return
    conversation.value = await api.changeConversation(conversation.value.id, wanted)
  }

  /** Takes a conversation that was just made, so that going to it asks for nothing. */
  function adopt(made: Conversation): void {
    adopted = made
  }

  function reset(): void {
    latest++
    clearTimeout(timer)
    followed.forEach((end) => end())
    followed.clear()
    live.clear()
    conversation.value = null
    messages.value = []
    error.value = null
  }

  watch(
    id,
    () => {
      reset()
      if (adopted?.id === id.value) conversation.value = adopted
      else void load()
      adopted = null
    },
    { immediate: true },
  )
  const ends = [
    onServerEvent('conversation', (data) => {
      if (typeof data === 'object' && data !== null && 'id' in data && data.id === id.value) loadSoon()
    }),
    onServerEvent('reset', loadSoon),
  ]
  onScopeDispose(() => {
    reset()
    ends.forEach((end) => end())
  })

  return {
    conversation,
    messages,
    live,
    running,
    error,
    isGone,
    isLoading,
    last: computed(() => lastAnswer(messages.value)),
    load,
    adopt,
    send,
    regenerate,
    stop,
    choose,
    change,
  }
}
