import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { useSoon } from '@/core/forms/useSoon'
import { newKey } from '@/core/http/newKey'
import { ApiError } from '@/core/http/problem'
import type { Draft, DraftPlace, Drafts } from './drafts'

const SAVE_DELAY_MS = 200

/** The text that is being typed for one place, and what became of the last try to send it. */
export function useComposer(place: Readonly<Ref<DraftPlace>>, drafts: Drafts) {
  const draft = shallowRef<Draft>(drafts.load(place.value))
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)
  let typedAt = place.value
  let sending: DraftPlace | null = null
  const saving = useSoon(() => drafts.save(typedAt, draft.value), SAVE_DELAY_MS)

  const text = computed({
    get: () => draft.value.text,
    set: (value) => {
      draft.value = { text: value, key: newKey(), savedAt: Date.now() }
      typedAt = place.value
      saving.soon()
    },
  })

  /** Sends by `task`; only when it has worked the text is given up. A failure stands beside the text until the next try. */
  async function submit(task: (text: string, key: string) => Promise<unknown>): Promise<boolean> {
    const { text: content, key } = draft.value
    if (busy.value || content.trim() === '') return false
    saving.now()
    sending = place.value
    busy.value = true
    error.value = null
    try {
      await task(content.trim(), key)
      clear(sending)
      return true
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      if (sending === place.value) error.value = failure
      return false
    } finally {
      sending = null
      busy.value = false
    }
  }

  function clear(where: DraftPlace): void {
    const empty = { text: '', key: newKey(), savedAt: Date.now() }
    drafts.save(where, empty)
    // Who went on to another conversation meanwhile keeps what stands there.
    if (where !== place.value) return
    draft.value = empty
    saving.never()
  }

  /** The conversation has got its place only now: what was typed moves there with it. */
  function moveTo(where: DraftPlace): void {
    const moved = { ...draft.value }
    drafts.save(where, moved)
    drafts.save(place.value, { ...moved, text: '' })
    saving.never()
    if (sending !== null) sending = where
  }

  watch(
    place,
    () => {
      saving.now()
      draft.value = drafts.load(place.value)
      if (place.value !== sending) error.value = null
    },
    { flush: 'sync' },
  )

  return { text, busy, error, submit, moveTo }
}

export type Composer = ReturnType<typeof useComposer>
