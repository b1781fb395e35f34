import { get, post } from '@/core/http/client'
import type { Job } from '@/core/jobs/types'

const quiet = { quiet: true }
export const exportKind = 'data.export'

/** What a finished export says of itself, for as long as its file is kept. */
export interface DataExport {
  url: string
  expires: string
  bytes: number
  rows: number
  tables: number
  files: number | null
}

/** The job that writes all data to a file. */
export async function exportData(files: boolean): Promise<number> {
  return (await post('/api/v1/data-exports', { files }, quiet)).id
}

/** The last one that this person asked for, so that a reload does not lose it. */
export async function lastExport(): Promise<number | null> {
  const page = await get('/api/v1/jobs', { ...quiet, params: { kind: exportKind, page_size: 1 } })
  return page.items[0]?.id ?? null
}

/** Null while there is none, and once its file is gone. */
export function exportOf(job: Job | null, now = Date.now()): DataExport | null {
  const { download_url: url, expires_at: expires, bytes, rows, tables, files } = job?.result ?? {}
  // A path of this site and nothing else: it becomes a link.
  if (typeof url !== 'string' || !/^\/(?![/\\])/.test(url) || typeof expires !== 'string' || Date.parse(expires) <= now) return null
  return { url, expires, bytes: Number(bytes), rows: Number(rows), tables: Number(tables), files: typeof files === 'number' ? files : null }
}
