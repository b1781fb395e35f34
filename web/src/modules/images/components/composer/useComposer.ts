import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { useSoon } from '@/core/forms/useSoon'
import { newKey } from '@/core/http/newKey'
import { ApiError } from '@/core/http/problem'
import type { Loading } from '@/core/http/useRequest'
import { generate } from '../../api/images'
import type { ImageOptions, Picture } from '../../api/types'
import { fitted, providerOf, readDraft, toRequest, wishesOf, withModel, writeDraft, type Wishes } from './wishes'

const SAVE_AFTER_MS = 300

/** The state of the form that asks for pictures. `started` gets the id of each job. */
export function useComposer(user: number, options: Loading<ImageOptions>, started: (job: number) => unknown) {
  const wishes = ref<Wishes>(readDraft(user))
  const error = shallowRef<ApiError | null>(null)
  const busy = ref(false)
  const provider = computed(() => {
    const found = providerOf(options.data.value, wishes.value.provider_id)
    return found && withModel(found, wishes.value.model)
  })
  const isReady = computed(() => wishes.value.prompt.trim() !== '' && provider.value !== undefined)
  /** The same until something is changed or it worked: a second try after a lost answer must not pay twice. */
  let key = newKey()
  const saving = useSoon(() => writeDraft(user, wishes.value), SAVE_AFTER_MS)

  watch(
    wishes,
    () => {
      key = newKey()
      saving.soon()
    },
    { deep: true },
  )
  watch(
    [options.data, () => wishes.value.provider_id, () => wishes.value.model],
    ([offered]) => {
      if (!offered) return
      const fit = fitted(wishes.value, offered)
      if (JSON.stringify(fit) !== JSON.stringify(wishes.value)) wishes.value = fit
    },
    { immediate: true },
  )

  async function submit(): Promise<void> {
    if (busy.value || !isReady.value || !provider.value) return
    busy.value = true
    error.value = null
    saving.now()
    try {
      const job = await generate(toRequest(wishes.value, provider.value), key)
      key = newKey()
      await started(job)
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      error.value = failure
    } finally {
      busy.value = false
    }
  }

  function choose(providerId: number, model: string): void {
    error.value = null
    wishes.value = { ...wishes.value, provider_id: providerId, model }
  }

  function reuse(picture: Picture): void {
    error.value = null
    const wanted = wishesOf(picture, wishes.value)
    wishes.value = options.data.value ? fitted(wanted, options.data.value) : wanted
  }

  return reactive({ wishes, provider, options: options.data, error, busy, isReady, submit, choose, reuse })
}

export type Composer = ReturnType<typeof useComposer>
