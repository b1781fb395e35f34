import type { components } from '@/core/api/schema'
import { fillPath, get, http, post } from '@/core/http/client'
import { saveBlob } from '@/core/http/download'
import type { Locale } from '@/core/i18n/i18n'
import type { ListQuery, Page } from '@/core/list/types'
import { ownZone } from '@/core/sheets/api'

export type Import = components['schemas']['ImportAnswer']
export type Issue = components['schemas']['ImportIssueAnswer']

const quiet = { quiet: true }
const to = (id: number) => ({ ...quiet, path: { id } })
/** A large workbook over a slow line. */
const UPLOAD_MS = 600_000

export function listImports(query: ListQuery): Promise<Page<Import>> {
  return get('/api/v1/imports', { ...quiet, params: query })
}

export const getImport = (id: number): Promise<Import> => get('/api/v1/imports/{id}', to(id))

export function listIssues(id: number, page: number, size: number): Promise<Page<Issue>> {
  return get('/api/v1/imports/{id}/issues', { ...to(id), params: { page, page_size: size } })
}

/** The id of the import: its file is being checked then. `told`: how much of it has left, 0 to 1. */
export async function upload(resource: string, file: File, locale: Locale, told: (done: number) => void): Promise<number> {
  const form = new FormData()
  form.append('file', file)
  const answer = await post('/api/v1/imports', form, {
    ...quiet,
    timeout: UPLOAD_MS,
    params: { resource, locale, time_zone: ownZone() },
    onUploadProgress: ({ progress }) => told(progress ?? 0),
  })
  return answer.import_id
}

export async function confirmImport(id: number): Promise<void> {
  await post('/api/v1/imports/{id}/confirm', undefined, to(id))
}

export async function undoImport(id: number): Promise<void> {
  await post('/api/v1/imports/{id}/undo', undefined, to(id))
}

/** Fetched, for a link could not send the token. */
export async function saveTemplate(resource: string, title: string, locale: Locale): Promise<void> {
  const { data } = await http.get<Blob>(fillPath('/api/v1/sheets/{resource}/template', { resource }), {
    ...quiet,
    params: { locale },
    responseType: 'blob',
  })
  saveBlob(data, `${title}.xlsx`)
}
