import { computed, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { ApiError } from '@/core/http/problem'
import { useRequest } from '@/core/http/useRequest'
import { readState, toRequest, writeState, type ListState } from './listState'
import type { Filter, ListQuery, Page, Row } from './types'

export interface ListOptions<T> {
  ask: (query: ListQuery) => Promise<Page<T>>
  filters?: readonly Filter[]
  /** A field the server can sort by; with a minus the greatest first. */
  sort?: string
  size?: number
  /** Off for a list that is only a part of a page: then its state lives as long as the page. */
  inUrl?: boolean
}

export interface List<T> {
  readonly rows: T[]
  readonly total: number
  readonly totalIsExact: boolean
  readonly state: ListState
  readonly filters: readonly Filter[]
  readonly error: ApiError | null
  readonly busy: boolean
  /** Nothing was answered yet. */
  readonly isFirst: boolean
  readonly isFiltered: boolean
  readonly selected: T[]
  load(): Promise<void>
  /** Loads without looking busy, for a list that follows what goes on. */
  refresh(): Promise<void>
  setPage(page: number): void
  setSize(size: number): void
  setSort(sort: string): void
  /** An empty value takes the filter away. Several at once, so that the server is asked once. */
  setFilters(values: Record<string, string>): void
  clearFilters(): void
  isSelected(row: T): boolean
  select(rows: T[], on: boolean): void
}

/** A list whose page, size, order and filters stand in the address: a reload, the back button and a link keep them. */
export function useList<T extends Row>(options: ListOptions<T>): List<T> {
  const filters = options.filters ?? []
  const defaults = { sort: options.sort ?? '', size: options.size ?? 20 }
  const inUrl = options.inUrl ?? true
  const route = inUrl ? useRoute() : null
  const router = inUrl ? useRouter() : null
  const local = ref<ListState>({ page: 1, ...defaults, filters: {} })
  const state = computed(() => (route ? readState(route.query, filters, defaults) : local.value))
  const chosen = shallowRef<ReadonlySet<number | string>>(new Set())
  const request = useRequest(() => options.ask(toRequest(state.value, filters)))
  const rows = computed(() => request.data.value?.items ?? [])

  async function load(how: 'load' | 'refresh' = 'load'): Promise<void> {
    await request[how]()
    const answer = request.data.value
    const pages = answer ? Math.max(1, Math.ceil(answer.total / state.value.size)) : 1
    // The last row of the last page was deleted: go where there still are some.
    if (answer && answer.items.length === 0 && answer.total_is_exact && state.value.page > pages) {
      go({ page: pages }, 'replace')
    }
    const present = new Set(rows.value.map(({ id }) => id))
    chosen.value = new Set([...chosen.value].filter((id) => present.has(id)))
  }

  function go(change: Partial<ListState>, how: 'push' | 'replace' = 'push'): void {
    const next = { ...state.value, ...change }
    if (!route || !router) local.value = next
    else void router[how]({ query: writeState(next, filters, defaults, route.query), hash: route.hash })
  }

  function setFilters(values: Record<string, string>): void {
    const merged = Object.entries({ ...state.value.filters, ...values }).filter(([, value]) => value)
    // Replaced, not pushed: the back button leads to the last page, not through every letter that was typed.
    go({ page: 1, filters: Object.fromEntries(merged) }, 'replace')
  }

  function select(some: T[], on: boolean): void {
    const next = new Set(chosen.value)
    for (const { id } of some) {
      if (on) next.add(id)
      else next.delete(id)
    }
    chosen.value = next
  }

  watch(
    () => JSON.stringify(state.value),
    () => {
      chosen.value = new Set()
      void load()
    },
    { immediate: true },
  )

  return {
    get rows() {
      return rows.value
    },
    get total() {
      return request.data.value?.total ?? 0
    },
    get totalIsExact() {
      return request.data.value?.total_is_exact ?? true
    },
    get state() {
      return state.value
    },
    filters,
    get error() {
      return request.error.value
    },
    get busy() {
      return request.busy.value
    },
    get isFirst() {
      return request.data.value === null
    },
    get isFiltered() {
      return Object.keys(state.value.filters).length > 0
    },
    get selected() {
      return rows.value.filter(({ id }) => chosen.value.has(id))
    },
    load: () => load(),
    refresh: () => load('refresh'),
    setPage: (page) => go({ page }),
    setSize: (size) => go({ size, page: 1 }),
    setSort: (sort) => go({ sort, page: 1 }),
    setFilters,
    clearFilters: () => go({ page: 1, filters: {} }, 'replace'),
    isSelected: ({ id }) => chosen.value.has(id),
    select,
  }
}
