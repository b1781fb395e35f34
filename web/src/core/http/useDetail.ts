import { toValue, watch, type MaybeRefOrGetter } from 'vue'
import { useRequest, type Loading } from './useRequest'

/** What is fetched of whichever id is chosen: nothing of the one before stays, neither its data nor its error. */
export function useDetail<T>(id: MaybeRefOrGetter<number | null>, ask: (id: number) => Promise<T>): Loading<T> {
  const request = useRequest(() => ask(toValue(id) ?? 0))
  watch(
    () => toValue(id),
    (wanted) => {
      request.data.value = null
      request.error.value = null
      if (wanted !== null) void request.load()
    },
    { immediate: true },
  )
  return request
}
