import { computed, ref } from 'vue'
import { defineStore } from 'pinia'

/**
 * Which release this page came with and which one the server has now. The page's own is the first one it hears of: the
 * answer that brought `index.html` came from the same release, a moment before.
 */
export const useReleaseNotice = defineStore('release-notice', () => {
  const own = ref<string | null>(null)
  const served = ref<string | null>(null)
  const putOff = ref<string | null>(null)
  const isNew = computed(() => served.value !== null && served.value !== own.value)
  /** Somebody who said "later" is asked again only when yet another release comes. */
  const isShown = computed(() => isNew.value && putOff.value !== served.value)

  function heard(release: unknown): void {
    if (typeof release !== 'string' || release === '') return
    own.value ??= release
    served.value = release
  }

  function later(): void {
    putOff.value = served.value
  }

  return { own, served, isShown, heard, later }
})
