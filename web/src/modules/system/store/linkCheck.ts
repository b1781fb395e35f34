import { computed } from 'vue'
import { defineStore } from 'pinia'
import { useRequest } from '@/core/http/useRequest'
import { lastLinkCheck, type LinkCheckRow } from '../api/system'

export interface Hop {
  name: string
  total: number
  failed: number
}

/** The hops in the order in which the report walks them. */
export function hopsOf(rows: readonly LinkCheckRow[]): Hop[] {
  const hops = new Map<string, Hop>()
  for (const row of rows) {
    const hop = hops.get(row.hop) ?? { name: row.hop, total: 0, failed: 0 }
    hop.total += 1
    if (!row.ok) hop.failed += 1
    hops.set(row.hop, hop)
  }
  return [...hops.values()]
}

export interface RowFilter {
  failingOnly: boolean
  hop: string | null
}

export function filterRows(rows: readonly LinkCheckRow[], filter: RowFilter): LinkCheckRow[] {
  return rows.filter((row) => (!filter.failingOnly || !row.ok) && (filter.hop === null || row.hop === filter.hop))
}

export const useLinkCheck = defineStore('link-check', () => {
  // `null` is a report that does not exist; undefined inside the box would be one that was not asked for yet.
  const { data, error, busy, load } = useRequest(async () => ({ report: await lastLinkCheck() }))
  const report = computed(() => data.value?.report ?? null)
  const neverRun = computed(() => data.value !== null && data.value.report === null)
  const hops = computed(() => hopsOf(report.value?.rows ?? []))
  return { report, neverRun, hops, error, busy, load }
})
