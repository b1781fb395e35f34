import type { components } from '@/core/api/schema'
import { get, patch, post } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'

export type ActivationCode = components['schemas']['ActivationCodeAnswer']
export type NewCodes = Required<components['schemas']['ActivationCodesCreate']>
export type MadeCodes = components['schemas']['ActivationCodesCreated']

const quiet = { quiet: true }
const LARGEST_PAGE = 200

export function listCodes(query: ListQuery): Promise<Page<ActivationCode>> {
  return get('/api/v1/activation-codes', { ...quiet, params: query })
}

export function createCodes(body: NewCodes): Promise<MadeCodes> {
  return post('/api/v1/activation-codes', body, quiet)
}

export function changeCode(id: number, body: components['schemas']['ActivationCodeUpdate']): Promise<ActivationCode> {
  return patch('/api/v1/activation-codes/{id}', body, { ...quiet, path: { id } })
}

export async function enableCodes(ids: number[], isEnabled: boolean): Promise<void> {
  await post('/api/v1/activation-codes/batch-enable', { ids, is_enabled: isEnabled }, quiet)
}

export async function removeCodes(ids: number[]): Promise<void> {
  await post('/api/v1/activation-codes/batch-delete', { ids }, quiet)
}

export async function restoreCodes(ids: number[]): Promise<void> {
  await post('/api/v1/activation-codes/restore', { ids }, quiet)
}

/** Every code of a batch, however many pages that takes. */
export async function codesOfBatch(batch: string): Promise<string[]> {
  const codes: string[] = []
  for (let page = 1; ; page += 1) {
    const { items } = await listCodes({ page, page_size: LARGEST_PAGE, batch, sort: 'code' })
    codes.push(...items.map(({ code }) => code))
    if (items.length < LARGEST_PAGE) return codes
  }
}
