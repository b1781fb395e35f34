import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { ApiError } from '@/core/http/problem'
import { readState, toRequest, writeState } from '@/core/list/listState'
import type { Filter } from '@/core/list/types'
import { searchLogs, type LogPage, type LogQuery, type LogRecord } from '../api/logs'

/** What a chip stands for: levels that nobody tells apart while looking. */
export const logLevels = {
  error: ['ERROR', 'CRITICAL'],
  warning: ['WARNING'],
  info: ['INFO', 'SUCCESS'],
  debug: ['DEBUG', 'TRACE'],
} as const
export type LogLevel = keyof typeof logLevels

export const followSeconds = 2
/** A search that has found nothing yet goes on by itself, an answer of a few seconds after the other, for so many of them. */
const answersAtOnce = 15
const most = 2000
const defaults = { size: 20, sort: '' }
const none = (): never[] => []
const ownFilters: Filter[] = [
  { kind: 'search', key: 'q', label: '' },
  { kind: 'select', key: 'instance', label: '', options: none },
  { kind: 'select', key: 'level', label: '', options: none },
  { kind: 'select', key: 'request_id', label: '', options: none },
  { kind: 'time', key: 'at', label: '' },
]

export function levelOf(level: string): LogLevel {
  const found = Object.entries(logLevels).find(([, names]) => (names as readonly string[]).includes(level))
  return (found?.[0] ?? 'info') as LogLevel
}

export function chosenLevels(text = ''): LogLevel[] {
  return text.split(',').filter((name): name is LogLevel => name in logLevels)
}

/** What the address says, as the server wants it. */
export function toQuery(filters: Record<string, string>, now = new Date()): LogQuery {
  const asked = toRequest({ page: 1, ...defaults, filters }, ownFilters, now) as unknown as Record<string, string | undefined>
  return {
    ...(filters.q && { q: filters.q }),
    ...(filters.request_id && { request_id: filters.request_id }),
    ...(filters.instance && { instance: [filters.instance] }),
    ...(filters.level && { level: chosenLevels(filters.level).flatMap((name) => logLevels[name]) }),
    ...(asked.at_from && { since: asked.at_from }),
    ...(asked.at_to && { until: asked.at_to }),
  }
}

/** The records of a search, newest first; filters stand in the address, so that a search can be sent to somebody. */
export function useLogs() {
  const route = useRoute()
  const router = useRouter()
  const filters = computed(() => readState(route.query, ownFilters, defaults).filters)
  const records = shallowRef<readonly LogRecord[]>([])
  const page = shallowRef<LogPage | null>(null)
  const older = ref<string | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const busy = ref(false)
  const following = ref(false)
  /** So many new ones came at once that some between are not shown. */
  const skipped = ref(false)
  let newest = ''
  let latest = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Asks, and forgets the answer when something else was asked for meanwhile. */
  async function ask(cursor: LogQuery, mine: number): Promise<LogPage | null> {
    try {
      const answer = await searchLogs({ ...toQuery(filters.value), ...cursor })
      if (mine !== latest) return null
      error.value = null
      return answer
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure
      if (mine === latest) error.value = failure
      return null
    }
  }

  async function goOn(from: string | null): Promise<void> {
    const mine = ++latest
    busy.value = true
    let before = from
    for (let answers = 0; answers < answersAtOnce && mine === latest; answers++) {
      const answer = await ask(before ? { before } : {}, mine)
      if (!answer) break
      if (!before) newest = answer.newest
      records.value = before ? [...records.value, ...answer.items] : answer.items
      page.value = answer
      older.value = before = answer.older
      if (answer.items.length > 0 || answer.stopped !== 'time') break
    }
    if (mine === latest) busy.value = false
  }

  async function load(): Promise<void> {
    records.value = []
    page.value = null
    older.value = null
    skipped.value = false
    await goOn(null)
    plan()
  }

  async function look(): Promise<void> {
    if (!following.value || busy.value || !newest) return plan()
    if (document.visibilityState === 'visible') {
      const answer = await ask({ after: newest }, latest)
      if (answer) {
        newest = answer.newest
        const cut = answer.stopped !== 'end'
        skipped.value ||= cut
        if (cut) older.value = answer.older
        records.value = cut ? answer.items : [...answer.items, ...records.value].slice(0, most)
      }
    }
    plan()
  }

  function plan(): void {
    clearTimeout(timer)
    if (following.value) timer = setTimeout(() => void look(), followSeconds * 1000)
  }

  function setFilters(change: Record<string, string>): void {
    const merged = Object.entries({ ...filters.value, ...change }).filter(([, value]) => value)
    const state = { page: 1, ...defaults, filters: Object.fromEntries(merged) }
    void router.replace({ query: writeState(state, ownFilters, defaults, route.query) })
  }

  function clear(): void {
    void router.replace({ query: writeState({ page: 1, ...defaults, filters: {} }, ownFilters, defaults, route.query) })
  }

  function toggleLevel(level: LogLevel): void {
    const chosen = chosenLevels(filters.value.level)
    const next = chosen.includes(level) ? chosen.filter((each) => each !== level) : [...chosen, level]
    setFilters({ level: next.join(',') })
  }

  watch(() => JSON.stringify(filters.value), () => void load(), { immediate: true })
  watch(following, plan)
  onScopeDispose(() => {
    latest++
    clearTimeout(timer)
  })

  return {
    filters,
    records,
    page,
    older,
    error,
    busy,
    following,
    skipped,
    load,
    more: () => goOn(older.value),
    stop: () => {
      latest++
      busy.value = false
    },
    setFilters,
    clear,
    toggleLevel,
  }
}
