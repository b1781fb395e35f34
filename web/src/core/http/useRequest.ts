import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { ApiError } from './problem'

export interface Loading<T> {
  data: ShallowRef<T | null>
  error: ShallowRef<ApiError | null>
  busy: Ref<boolean>
  load(): Promise<void>
  /** The same for a page that follows by itself: nothing looks busy meanwhile. */
  refresh(): Promise<void>
}

/** The three states of anything that is fetched. A failed reload keeps the last data, beside its error. */
export function useRequest<T>(ask: () => Promise<T>): Loading<T> {
  const data = shallowRef<T | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const busy = ref(false)
  let latest = 0

  async function load(isSeen = true): Promise<void> {
    const mine = ++latest
    if (isSeen) busy.value = true
    try {
      const answer = await ask()
      if (mine !== latest) return
      data.value = answer
      error.value = null
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      if (mine === latest) error.value = failure
    } finally {
      if (mine === latest) busy.value = false
    }
  }

  return { data, error, busy, load: () => load(), refresh: () => load(false) }
}
