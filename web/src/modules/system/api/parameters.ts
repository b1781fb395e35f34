import type { components } from '@/core/api/schema'
import { del, get, patch, post } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'

export type Parameter = components['schemas']['ParameterAnswer']
export type ParameterCreate = components['schemas']['ParameterCreate']
export type ParameterUpdate = components['schemas']['ParameterUpdate']
export type ValueType = Parameter['value_type']

const quiet = { quiet: true }

export function listParameters(query: ListQuery): Promise<Page<Parameter>> {
  return get('/api/v1/parameters', { ...quiet, params: query })
}

export function createParameter(body: ParameterCreate): Promise<Parameter> {
  return post('/api/v1/parameters', body, quiet)
}

export function changeParameter(id: number, body: ParameterUpdate): Promise<Parameter> {
  return patch('/api/v1/parameters/{id}', body, { ...quiet, path: { id } })
}

export async function removeParameters(ids: number[]): Promise<void> {
  const [only] = ids
  if (ids.length === 1 && only !== undefined) await del('/api/v1/parameters/{id}', { ...quiet, path: { id: only } })
  else await post('/api/v1/parameters/batch-delete', { ids }, quiet)
}

export async function restoreParameters(ids: number[]): Promise<void> {
  await post('/api/v1/parameters/restore', { ids }, quiet)
}

export async function refreshParameters(): Promise<void> {
  await post('/api/v1/parameters/refresh-cache', undefined, quiet)
}
