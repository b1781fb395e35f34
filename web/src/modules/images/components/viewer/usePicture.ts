import { computed, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { ApiError } from '@/core/http/problem'
import { notify } from '@/core/http/notify'
import { errorText } from '@/core/http/errorText'
import type { List } from '@/core/list/useList'
import { picture as fetchPicture } from '../../api/images'
import type { Picture } from '../../api/types'

/** Which picture is looked at. It stands in the address, so that the back button closes it and a reload keeps it. */
export function usePicture(list: List<Picture>) {
  const route = useRoute()
  const router = useRouter()
  /** One that is not on this page of the gallery, but in the address. */
  const other = shallowRef<Picture | null>(null)
  const edge = shallowRef<'first' | 'last' | null>(null)
  const id = computed(() => {
    const wanted = Number(route.query.picture)
    return Number.isSafeInteger(wanted) && wanted > 0 ? wanted : null
  })
  const at = computed(() => list.rows.findIndex((row) => row.id === id.value))
  const current = computed(() => (id.value === null ? null : (list.rows[at.value] ?? (other.value?.id === id.value ? other.value : null))))
  const pages = computed(() => Math.max(1, Math.ceil(list.total / list.state.size)))
  const hasPrevious = computed(() => at.value > 0 || (at.value === 0 && list.state.page > 1))
  const hasNext = computed(() => at.value >= 0 && (at.value < list.rows.length - 1 || list.state.page < pages.value))
  let isOurs = false

  function go(wanted: number | null, how: 'push' | 'replace'): void {
    const rest = Object.fromEntries(Object.entries(route.query).filter(([key]) => key !== 'picture'))
    void router[how]({ query: wanted === null ? rest : { ...rest, picture: String(wanted) } })
  }

  function open(picture: Picture): void {
    isOurs = id.value === null
    go(picture.id, isOurs ? 'push' : 'replace')
  }

  /** Takes the entry away that opening made, unless the page is to stay where it is now. */
  function close(mayGoBack = true): void {
    if (id.value === null) return
    if (isOurs && mayGoBack) router.back()
    else go(null, 'replace')
    isOurs = false
  }

  function step(by: 1 | -1): void {
    if (!(by > 0 ? hasNext.value : hasPrevious.value)) return
    const neighbour = list.rows[at.value + by]
    if (neighbour) return go(neighbour.id, 'replace')
    edge.value = by > 0 ? 'first' : 'last'
    isOurs = false
    list.setPage(list.state.page + by)
  }

  watch(
    () => list.rows,
    (rows) => {
      const wanted = edge.value === 'first' ? rows[0] : rows.at(-1)
      if (edge.value && wanted) go(wanted.id, 'replace')
      edge.value = null
    },
  )
  watch(
    [id, () => list.isFirst],
    async ([wanted, isFirst]) => {
      if (wanted === null || isFirst || at.value >= 0 || edge.value || other.value?.id === wanted) return
      try {
        other.value = await fetchPicture(wanted)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        if (id.value !== wanted) return
        if (!error.isTold) notify(errorText(error))
        go(null, 'replace')
      }
    },
    { immediate: true },
  )

  return { current, hasPrevious, hasNext, open, close, step, neighbours: computed(() => [list.rows[at.value + 1], list.rows[at.value - 1]]) }
}
