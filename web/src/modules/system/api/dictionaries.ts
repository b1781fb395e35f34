import type { components } from '@/core/api/schema'
import { get, patch, post } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'

export type Dictionary = components['schemas']['DictionaryAnswer']
export type DictionaryBody = Required<components['schemas']['DictionaryCreate']>
export type DictionaryItem = components['schemas']['DictionaryItemAnswer']
export type DictionaryItemBody = Required<components['schemas']['DictionaryItemCreate']>
export type Colour = DictionaryItem['colour']

export const colours: readonly Colour[] = ['default', 'primary', 'success', 'warning', 'danger', 'info']
const quiet = { quiet: true }

export function listDictionaries(query: ListQuery): Promise<Page<Dictionary>> {
  return get('/api/v1/dictionaries', { ...quiet, params: query })
}

export function createDictionary(body: DictionaryBody): Promise<Dictionary> {
  return post('/api/v1/dictionaries', body, quiet)
}

export function changeDictionary(id: number, body: Partial<DictionaryBody>): Promise<Dictionary> {
  return patch('/api/v1/dictionaries/{id}', body, { ...quiet, path: { id } })
}

export async function removeDictionaries(ids: number[]): Promise<void> {
  await post('/api/v1/dictionaries/batch-delete', { ids }, quiet)
}

export async function restoreDictionaries(ids: number[]): Promise<void> {
  await post('/api/v1/dictionaries/restore', { ids }, quiet)
}

export async function refreshDictionaries(): Promise<void> {
  await post('/api/v1/dictionaries/refresh-cache', undefined, quiet)
}

export function listItems(dictionary: number, query: ListQuery): Promise<Page<DictionaryItem>> {
  return get('/api/v1/dictionaries/{id}/items', { ...quiet, path: { id: dictionary }, params: query })
}

export function createItem(body: DictionaryItemBody): Promise<DictionaryItem> {
  return post('/api/v1/dictionary-items', body, quiet)
}

export function changeItem(id: number, body: Partial<Omit<DictionaryItemBody, 'type_id'>>): Promise<DictionaryItem> {
  return patch('/api/v1/dictionary-items/{id}', body, { ...quiet, path: { id } })
}

export async function removeItems(ids: number[]): Promise<void> {
  await post('/api/v1/dictionary-items/batch-delete', { ids }, quiet)
}

export async function restoreItems(ids: number[]): Promise<void> {
  await post('/api/v1/dictionary-items/restore', { ids }, quiet)
}
