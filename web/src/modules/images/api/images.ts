import { del, get, patch, post } from '@/core/http/client'
import type { ListQuery, Page } from '@/core/list/types'
import type { ImageOptions, Picture, Wanted } from './types'

const quiet = { quiet: true }

export function imageOptions(): Promise<ImageOptions> {
  return get('/api/v1/image-options', quiet)
}

/** The job that makes the pictures. With the same key a second try after a lost answer does not ask twice. */
export async function generate(body: Wanted, key: string): Promise<number> {
  return (await post('/api/v1/generate/text2image', body, { ...quiet, headers: { 'Idempotency-Key': key } })).id
}

export function listPictures(query: ListQuery): Promise<Page<Picture>> {
  return get('/api/v1/images', { ...quiet, params: query })
}

export function picture(id: number): Promise<Picture> {
  return get('/api/v1/images/{id}', { ...quiet, path: { id } })
}

export function starPicture(id: number, isStarred: boolean): Promise<Picture> {
  return patch('/api/v1/images/{id}', { is_starred: isStarred }, { ...quiet, path: { id } })
}

export async function removePictures(ids: number[]): Promise<void> {
  await post('/api/v1/images/batch-delete', { ids }, quiet)
}

export async function restorePictures(ids: number[]): Promise<void> {
  await post('/api/v1/images/restore', { ids }, quiet)
}

/** The job that packs them. */
export async function zipPictures(ids: number[]): Promise<number> {
  return (await post('/api/v1/images/zip', { ids }, quiet)).id
}

/** Puts a failed request away. */
export async function dismissJob(id: number): Promise<void> {
  await del('/api/v1/jobs/{id}', { ...quiet, path: { id } })
}
