import { toRequest, type ListState } from '@/core/list/listState'
import type { Filter } from '@/core/list/types'

/** What a list is filtered by, as an export asks for it: without page and order. */
export function askedFilters(state: ListState, filters: readonly Filter[]): Record<string, unknown> {
  const own = ['page', 'page_size', 'sort']
  return Object.fromEntries(Object.entries(toRequest(state, filters)).filter(([key]) => !own.includes(key)))
}
