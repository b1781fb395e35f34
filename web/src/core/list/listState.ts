import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import { instantOf, wallClock } from '@/core/format/zone'
import type { Filter, ListQuery } from './types'

export const pageSizes = [20, 50, 100, 200]
/** Kept in the address as words, so that a bookmark of "today" is not yesterday tomorrow. */
export const timePresets = ['today', '7d', '30d'] as const
export type TimePreset = (typeof timePresets)[number]

export interface ListState {
  page: number
  size: number
  sort: string
  /** Only those that are set. */
  filters: Record<string, string>
}

export type Defaults = Pick<ListState, 'size' | 'sort'>

export function filterKeys(filters: readonly Filter[]): string[] {
  return filters.flatMap(({ kind, key }) => (kind === 'time' ? [key, `${key}_from`, `${key}_to`] : [key]))
}

const single = (value: LocationQuery[string] | undefined): string => {
  const first = Array.isArray(value) ? value[0] : value
  return first?.trim() ?? ''
}

/** Anything odd in an address, typed by hand or old, counts as not given. */
export function readState(query: LocationQuery, filters: readonly Filter[], defaults: Defaults): ListState {
  const page = Number(single(query.page))
  const size = Number(single(query.size))
  return {
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
    size: pageSizes.includes(size) ? size : defaults.size,
    sort: /^-?\w+$/.test(single(query.sort)) ? single(query.sort) : defaults.sort,
    filters: Object.fromEntries(
      filterKeys(filters)
        .map((key) => [key, single(query[key])])
        .filter(([, value]) => value),
    ),
  }
}

/** The address of a state. What is as usual is left out; what others keep in the address stays. */
export function writeState(
  state: ListState,
  filters: readonly Filter[],
  defaults: Defaults,
  current: LocationQuery,
): LocationQueryRaw {
  const own = ['page', 'size', 'sort', ...filterKeys(filters)]
  const others = Object.entries(current).filter(([key]) => !own.includes(key))
  return {
    ...Object.fromEntries(others),
    ...state.filters,
    ...(state.sort !== defaults.sort && { sort: state.sort }),
    ...(state.size !== defaults.size && { size: String(state.size) }),
    ...(state.page > 1 && { page: String(state.page) }),
  }
}

/** Midnight in the reader's zone, so many days ago. */
export function presetStart(preset: string, now: Date): Date | null {
  const days = { today: 0, '7d': 6, '30d': 29 }[preset]
  if (days === undefined) return null
  const start = new Date(`${wallClock(now).slice(0, 10)}T00:00Z`)
  start.setUTCDate(start.getUTCDate() - days)
  return instantOf(start.toISOString().slice(0, 16))
}

/** An instant as `<input type="datetime-local">` wants it: the wall clock of the reader's zone. */
export function localInput(iso: string | undefined): string {
  const time = new Date(iso ?? '')
  return Number.isNaN(time.getTime()) ? '' : wallClock(time)
}

/** What to ask the server: a word for a time becomes the time it means now. */
export function toRequest(state: ListState, filters: readonly Filter[], now = new Date()): ListQuery {
  const words = filters.filter(({ kind }) => kind === 'time').map(({ key }) => key)
  const starts = words.flatMap((key) => {
    const start = presetStart(state.filters[key] ?? '', now)
    return start ? [[`${key}_from`, start.toISOString()] as const] : []
  })
  const plain = Object.entries(state.filters).filter(([key]) => !words.includes(key))
  return {
    page: state.page,
    page_size: state.size,
    ...(state.sort && { sort: state.sort }),
    ...Object.fromEntries([...plain, ...starts]),
  }
}

/** What a list is filtered by, as an export asks for it: without page and order. */
export function askedFilters(state: ListState, filters: readonly Filter[]): Record<string, unknown> {
  const own = ['page', 'page_size', 'sort']
  return Object.fromEntries(Object.entries(toRequest(state, filters)).filter(([key]) => !own.includes(key)))
}
