import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { onServerEvent } from '@/core/events/bus'
import { ApiError } from '@/core/http/problem'
import * as api from '../api/conversations'
import type { Conversation, ConversationChange } from '../api/types'

const PAGE_SIZE = 50
const SEARCH_DELAY_MS = 250
const FOLLOW_DELAY_MS = 300

/** The list at the side: searched, paged by scrolling, and kept in step with what happens in other tabs. */
export function useConversations() {
  const items = shallowRef<Conversation[]>([])
  const total = ref(0)
  const error = shallowRef<ApiError | null>(null)
  const busy = ref(false)
  const isFirst = ref(true)
  const search = ref('')
  const archived = ref(false)
  let pages = 1
  let latest = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Asks anew for as many pages as are shown, or for those from `first` on. */
  async function load(first = 1): Promise<void> {
    if (first === 1) clearTimeout(timer)
    const mine = ++latest
    busy.value = true
    try {
      // A search looks into all of them.
      const q = search.value.trim()
      const numbers = Array.from({ length: pages - first + 1 }, (_, at) => first + at)
      const answers = await Promise.all(
        numbers.map((page) => api.listConversations({ page, page_size: PAGE_SIZE, ...(q ? { q } : { archived: archived.value }) })),
      )
      if (mine !== latest) return
      const before = first === 1 ? [] : items.value
      // Between two pages one may have moved up: it is shown once.
      items.value = [...new Map([...before, ...answers.flatMap((answer) => answer.items)].map((one) => [one.id, one])).values()]
      total.value = answers[0]?.total ?? 0
      error.value = null
      isFirst.value = false
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      if (mine === latest) error.value = failure
    } finally {
      if (mine === latest) busy.value = false
    }
  }

  function loadSoon(delay: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => void load(), delay)
  }

  async function loadMore(): Promise<void> {
    if (busy.value || items.value.length >= total.value) return
    pages += 1
    await load(pages)
  }

  /** Shows a change at once; the server's list follows. */
  function patchLocally(id: number, change: Partial<Conversation>): void {
    items.value = items.value.map((one) => (one.id === id ? { ...one, ...change } : one))
  }

  async function change(id: number, wanted: ConversationChange): Promise<void> {
    const before = items.value
    patchLocally(id, wanted)
    try {
      await api.changeConversation(id, wanted)
    } catch (failure) {
      items.value = before
      throw failure
    }
    await load()
  }

  watch([search, archived], ([, isArchived], [, wasArchived]) => {
    pages = 1
    if (isArchived === wasArchived) return loadSoon(SEARCH_DELAY_MS)
    items.value = []
    isFirst.value = true
    void load()
  })
  const stop = [onServerEvent('conversation', () => loadSoon(FOLLOW_DELAY_MS)), onServerEvent('reset', () => loadSoon(FOLLOW_DELAY_MS))]
  onScopeDispose(() => {
    clearTimeout(timer)
    stop.forEach((end) => end())
  })

  return {
    items,
    total,
    error,
    busy,
    isFirst,
    search,
    archived,
    hasMore: computed(() => items.value.length < total.value),
    load: () => load(),
    loadMore,
    change,
  }
}

export type Conversations = ReturnType<typeof useConversations>
