import { computed } from 'vue'
import { defineStore } from 'pinia'
import { useRequest } from '@/core/http/useRequest'
import { readiness, release, webReleaseId } from '../api/system'

export const useRelease = defineStore('release', () => {
  const served = useRequest(release)
  const web = useRequest(async () => ({ id: await webReleaseId() }))
  /** `unmarked`: a build that did not come from a deploy says nothing about itself. */
  const webState = computed(() => {
    if (!served.data.value || !web.data.value) return 'unknown'
    if (web.data.value.id === null) return 'unmarked'
    return web.data.value.id === served.data.value.id ? 'same' : 'different'
  })
  const load = async (): Promise<void> => {
    await Promise.all([served.load(), web.load()])
  }
  return {
    release: served.data,
    error: served.error,
    busy: served.busy,
    webId: computed(() => web.data.value?.id ?? null),
    webState,
    load,
  }
})

export const useReadiness = defineStore('readiness', () => useRequest(readiness))
