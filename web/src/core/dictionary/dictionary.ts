import { computed, ref, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { defineStore } from 'pinia'
import { get } from '@/core/http/client'
import { ApiError } from '@/core/http/problem'

export interface Entry {
  label: string
  value: string
  colour: 'default' | 'primary' | 'success' | 'warning' | 'danger' | 'info'
  is_default: boolean
}

/** After this time a page that is opened asks again; what an administrator changed shows then at the latest. */
const LIFE_MS = 300_000

/** All dictionaries that pages of this browser tab have used. Those that are asked for at one moment travel together. */
export const useDictionaries = defineStore('dictionaries', () => {
  const known = ref<Record<string, Entry[]>>({})
  const asked = new Map<string, number>()
  let waiting = new Set<string>()

  function want(code: string): void {
    if (Date.now() - (asked.get(code) ?? -LIFE_MS) < LIFE_MS) return
    asked.set(code, Date.now())
    if (waiting.size === 0) queueMicrotask(() => void fetchWaiting())
    waiting.add(code)
  }

  async function fetchWaiting(): Promise<void> {
    const codes = [...waiting].sort()
    waiting = new Set()
    try {
      const answer = await get('/api/v1/dictionaries/by-code', { quiet: true, params: { codes: codes.join(',') } })
      known.value = { ...known.value, ...answer }
    } catch (error) {
      // Values are shown as they are until the next page asks again.
      codes.forEach((code) => asked.delete(code))
      if (!(error instanceof ApiError)) throw error
    }
  }

  /** Somebody changed a dictionary on this page: the next one to use it asks. */
  function forget(): void {
    asked.clear()
  }

  return { known, want, forget }
})

/** The entries of one dictionary, with labels in the reader's language; empty until the server has answered. */
export function useDictionary(code: string): {
  entries: ComputedRef<Entry[]>
  /** A value that the dictionary does not know stays what it is. */
  entryOf: (value: string) => Entry
} {
  const { t, te } = useI18n()
  const store = useDictionaries()
  store.want(code)
  const entries = computed(() =>
    (store.known[code] ?? []).map((entry) => ({ ...entry, label: te(entry.label) ? t(entry.label) : entry.label })),
  )

  function entryOf(value: string): Entry {
    const key = `dictionary.${code}.${value}`
    const unknown: Entry = { value, label: te(key) ? t(key) : value, colour: 'default', is_default: false }
    return entries.value.find((entry) => entry.value === value) ?? unknown
  }

  return { entries, entryOf }
}
