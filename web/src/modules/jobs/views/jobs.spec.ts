import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as jobsApi from '@/core/jobs/api'
import type { JobHooks } from '@/core/jobs/types'
import { mountPage, mountRouted } from '@/test/mountPage'
import * as api from '../api/jobs'
import { addToLog, wholeLog } from '../components/jobLog'
import JobResult from '../components/JobResult.vue'
import JobsView from './JobsView.vue'

vi.mock('../api/jobs')
vi.mock('@/core/jobs/api')
const followed = new Map<number, JobHooks>()
vi.mock('@/core/jobs/followJob', () => ({
  followJob: (id: number, hooks: JobHooks) => {
    followed.set(id, hooks)
    return () => followed.delete(id)
  },
}))
// A whole page with all its inputs is slow to mount while the machine is busy.
vi.setConfig({ testTimeout: 30_000 })
enableAutoUnmount(afterEach)

const job = (id: number, rest: Partial<api.Job> = {}): api.Job => ({
  id,
  kind: 'images.text2image',
  queue: 'images',
  title: `Job ${id}`,
  state: 'queued',
  cancelling: false,
  priority: 0,
  progress: null,
  progress_text: null,
  place_in_line: null,
  result: null,
  error: null,
  retry_of_id: null,
  retried_by_id: null,
  user_id: 1,
  user_name: 'Mei',
  attempts: 1,
  created_at: '2026-11-22T01:00:00Z',
  started_at: null,
  finished_at: null,
  may_cancel: false,
  may_retry: false,
  ...rest,
})
const running = job(1, { state: 'running', progress: 0.5, progress_text: '2/4', may_cancel: true, started_at: '2026-11-22T01:00:01Z' })
const waiting = job(2, { place_in_line: 3, may_cancel: true })
const failed = job(3, {
  state: 'failed',
  error: { code: 'provider_refused', message: 'Ark: 401', details: { said: 'bad key' } },
  may_retry: true,
  finished_at: '2026-11-22T01:00:05Z',
})
const inBody = (selector: string) => document.body.querySelector<HTMLElement>(selector)
const click = async (selector: string) => {
  inBody(selector)?.click()
  await flushPromises()
}

async function open(can: (label: string) => boolean = () => true, path = '/jobs') {
  vi.mocked(api.listJobs).mockResolvedValue({ items: [running, waiting, failed], total: 3, total_is_exact: true, page: 1, page_size: 20 })
  vi.mocked(api.jobQueues).mockResolvedValue({
    queues: [{ name: 'images', concurrency: 2, running: 1, queued: 4, failed_24h: 1, oldest_queued_seconds: 90 }],
    workers: [{ name: 'w', host: 'box', pid: 7, release: 'r', started_at: '2026-11-22T01:00:00Z', seen_at: '2026-11-22T01:00:00Z', is_alive: false }],
  })
  const mounted = await mountRouted(JobsView, { path, can })
  await flushPromises()
  return mounted
}

describe('the jobs page', () => {
  beforeEach(() => {
    vi.resetAllMocks()
    followed.clear()
    document.body.innerHTML = ''
  })

  it('shows how far each job is, its place in line, or why it failed', async () => {
    const { page } = await open()
    const [first, second, third] = page.findAll('[data-testid=job-state]')
    expect(first?.find('progress').attributes('value')).toBe('0.5')
    expect(first?.text()).toContain('2/4')
    expect(second?.text()).toContain('Number 3 in line')
    expect(third?.text()).toContain('refused the key')
  })

  it('asks for everybody’s jobs only where that is allowed', async () => {
    const plain = await open((label) => label !== 'perm:job:get', '/jobs?scope=all')
    expect(plain.page.find('[data-testid=scope]').exists()).toBe(false)
    expect(plain.page.find('[data-testid=job-queues]').exists()).toBe(false)
    expect(vi.mocked(api.listJobs).mock.calls[0]?.[0]).not.toHaveProperty('scope')
  })

  it('keeps in the address whose jobs are shown', async () => {
    await open(() => true, '/jobs?scope=all')
    expect(vi.mocked(api.listJobs).mock.lastCall?.[0]).toMatchObject({ scope: 'all' })
  })

  it('says that no worker is running', async () => {
    const { page } = await open()
    expect(page.get('[data-testid=no-worker]').text()).toContain('No worker is running')
    expect(page.get('[data-testid=queue-images]').text()).toContain('for 1 min 30 s')
  })

  it('cancels, retries and removes what may be', async () => {
    const { page } = await open()
    expect(page.findAll('[data-testid=row-cancel]')).toHaveLength(2)
    await page.get('[data-testid=item-1] [data-testid=row-cancel]').trigger('click')
    await flushPromises()
    expect(jobsApi.cancelJob).toHaveBeenCalledWith(1)
    await page.get('[data-testid=item-3] [data-testid=row-retry]').trigger('click')
    await flushPromises()
    expect(jobsApi.retryJob).toHaveBeenCalledWith(3)
    expect(page.findAll('[data-testid=row-delete]')).toHaveLength(1)
    await page.get('[data-testid=row-delete]').trigger('click')
    await flushPromises()
    expect(api.removeJobs).toHaveBeenCalledWith([3])
  })

  it('follows one job in the drawer, with its log and a way to the front of the line', async () => {
    const { page } = await open()
    vi.mocked(jobsApi.getJob).mockResolvedValue(waiting)
    await page.get('[data-testid=item-2] [data-testid=open-job]').trigger('click')
    await flushPromises()
    const hooks = followed.get(2)
    hooks?.onStatus?.({ state: 'running', progress: 0.1, progress_text: 'painting', place_in_line: null })
    hooks?.onEvent?.('image', { image_id: 5 })
    hooks?.onEvent?.('delta', { text: 'a' })
    hooks?.onEvent?.('delta', { text: 'b' })
    await flushPromises()
    const log = inBody('[data-testid=job-log]')?.textContent ?? ''
    expect(log).toContain('painting')
    expect(log).toContain('Picture ready')
    expect(log).toContain('× 2')
    vi.mocked(jobsApi.getJob).mockResolvedValue({ ...failed, id: 2 })
    hooks?.onEnd({ state: 'failed', result: null, error: failed.error })
    await flushPromises()
    expect(inBody('[data-testid=job-detail] [data-testid=job-failure]')?.textContent).toContain('bad key')
    vi.mocked(jobsApi.retryJob).mockResolvedValue(9)
    await click('[data-testid=retry-job]')
    expect(jobsApi.retryJob).toHaveBeenCalledWith(2)
    expect(followed.has(9)).toBe(true)
  })
})

it.each([
  [60_000, 'job-result', '/api/v1/exports/k'],
  [-60_000, 'link-over', undefined],
])('offers the file of a job as long as it is kept: %i ms', async (left, id, href) => {
  const result = { download_url: '/api/v1/exports/k', expires_at: new Date(Date.now() + left).toISOString() }
  const page = await mountPage(JobResult, { result })
  expect(page.find(`[data-testid=${id}]`).exists()).toBe(true)
  expect(page.find('a').exists() ? page.get('a').attributes('href') : undefined).toBe(href)
})

describe('the log of a job', () => {
  it('counts what repeats, and keeps what differs', () => {
    const log = ['a', 'a', 'b'].reduce((all, text) => addToLog(all, 'progress', { text, at: 'x' }), addToLog([], 'delta', { text: 'z' }))
    expect(log.map(({ name, text, count }) => [name, text, count])).toEqual([
      ['delta', '', 1],
      ['progress', 'a', 2],
      ['progress', 'b', 1],
    ])
  })

  it('begins with being asked for and ends with the end', () => {
    const times = { created_at: '1', started_at: null, finished_at: '3' }
    expect(wholeLog({ state: 'cancelled', ...times }, []).map(({ name, at }) => [name, at])).toEqual([
      ['queued', '1'],
      ['cancelled', '3'],
    ])
  })
})
