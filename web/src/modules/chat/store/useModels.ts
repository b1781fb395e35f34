import { computed, ref } from 'vue'
import { useRequest } from '@/core/http/useRequest'
import { readJson, writeJson } from '@/core/storage'
import { listModels } from '../api/models'
import type { ChatProviderModels, ChosenModel } from '../api/types'

const STORED = 'chatModel'

function remembered(): ChosenModel | null {
  const value = readJson(STORED)
  if (typeof value !== 'object' || value === null || !('provider_id' in value) || !('model' in value)) return null
  return typeof value.provider_id === 'number' && typeof value.model === 'string' ? { provider_id: value.provider_id, model: value.model } : null
}

/** Which models there are, and which one a new conversation gets. */
export function useModels() {
  const { data, error, busy, load } = useRequest(listModels)
  const chosen = ref<ChosenModel | null>(remembered())
  const providers = computed<readonly ChatProviderModels[]>(() => data.value?.providers ?? [])

  const exists = ({ provider_id, model }: ChosenModel): boolean =>
    providers.value.some(({ id, models }) => id === provider_id && models.some(({ name }) => name === model))

  /** The last choice in this browser while it is there to be had, else what the administrator chose. */
  const preferred = computed<ChosenModel | null>(() => {
    if (chosen.value && exists(chosen.value)) return chosen.value
    return data.value?.default ?? null
  })

  function remember(model: ChosenModel): void {
    chosen.value = model
    writeJson(STORED, model)
  }

  const providerOf = (id: number | null): ChatProviderModels | null => providers.value.find((one) => one.id === id) ?? null

  return { providers, preferred, providerOf, remember, isLoaded: computed(() => data.value !== null), error, busy, load }
}

export type Models = ReturnType<typeof useModels>
