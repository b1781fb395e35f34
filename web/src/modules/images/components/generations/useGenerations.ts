import { computed, watch } from 'vue'
import { get } from '@/core/http/client'
import { useRequest } from '@/core/http/useRequest'
import { isEnded, type Job } from '@/core/jobs/types'
import { useLive } from '@/core/jobs/useLive'
import type { Page } from '@/core/list/types'

const KIND = 'images.text2image'
const MOST = 20
/** A failure is shown for a day, until it is put away or tried again. */
const SHOWN_MS = 24 * 60 * 60 * 1000

/** What of somebody's jobs has something to say here: those that go on, and failures that nobody has seen to. */
export function worthACard(jobs: readonly Job[]): Job[] {
  return jobs.filter((job) => !isEnded(job.state) || (job.state === 'failed' && job.retried_by_id === null)).sort((a, b) => a.id - b.id)
}

/** One's own requests for pictures, also those of another tab or of before a reload. `ended` is called when one is over. */
export function useGenerations(ended: () => unknown) {
  const request = useRequest<Page<Job>>(() => {
    const since = new Date(Date.now() - SHOWN_MS).toISOString()
    return get('/api/v1/jobs', { quiet: true, params: { kind: KIND, page_size: MOST, sort: '-created_at', created_from: since } })
  })
  const jobs = computed(() => worthACard(request.data.value?.items ?? []))
  const active = computed(() => jobs.value.filter(({ state }) => !isEnded(state)).map(({ id }) => id))
  useLive(request.refresh, () => active.value.length > 0)
  watch(active, (now, before) => {
    if (before.some((id) => !now.includes(id))) void ended()
  })
  return { jobs, refresh: request.refresh }
}
