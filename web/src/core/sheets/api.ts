import type { components } from '@/core/api/schema'
import { get, post } from '@/core/http/client'
import { shownZone } from '@/core/format/zone'
import type { Locale } from '@/core/i18n/i18n'

export type Sheet = components['schemas']['SheetAnswer']
export type ExportWish = components['schemas']['ExportBody']

const quiet = { quiet: true }

/** The lists that I may export or import. */
export function listSheets(locale: Locale): Promise<Sheet[]> {
  return get('/api/v1/sheets', { ...quiet, params: { locale } })
}

/** The job that writes the workbook. */
export async function exportList(body: ExportWish, key: string): Promise<number> {
  return (await post('/api/v1/exports', body, { ...quiet, headers: { 'Idempotency-Key': key } })).id
}

/** The zone that times are shown in, for those in a workbook. */
export const ownZone = (): string => shownZone.value || Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
