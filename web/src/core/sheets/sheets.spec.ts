import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import { notify } from '@/core/http/notify'
import * as jobs from '@/core/jobs/api'
import type { Job, JobHooks } from '@/core/jobs/types'
import { mountRouted } from '@/test/mountPage'
import * as api from './api'
import SheetButtons from './SheetButtons.vue'
import type { Wanted } from './types'

vi.mock('./api')
vi.mock('@/core/jobs/api')
vi.mock('@/core/http/notify')
const followed = new Map<number, JobHooks>()
vi.mock('@/core/jobs/followJob', () => ({
  followJob: (id: number, hooks: JobHooks) => {
    followed.set(id, hooks)
    return () => followed.delete(id)
  },
}))
vi.setConfig({ testTimeout: 30_000 })
enableAutoUnmount(afterEach)

const job = (rest: Partial<Job> = {}) => ({ id: 8, state: 'queued', progress: null, result: null, error: null, may_cancel: true, cancelling: false, ...rest }) as Job
const sheet = (resource: string): api.Sheet => ({
  resource,
  title: 'Users',
  may_export: true,
  may_import: true,
  columns: ['id', 'username', 'email'].map((name) => ({ name, heading: name.toUpperCase(), is_imported: true })),
})
const HOUR = 3_600_000
const made = (endsIn: number) => ({ download_url: '/api/v1/exports/k?s', file_name: 'u.xlsx', bytes: 4200, rows: 1234, expires_at: new Date(Date.now() + endsIn).toISOString() })
const inBody = (id: string) => document.body.querySelector<HTMLElement>(`[data-testid="${id}"]`)
const click = async (id: string) => {
  inBody(id)?.click()
  await flushPromises()
}
const wanted: Wanted = { filters: { q: 'mei', is_enabled: 'true' }, sort: '-created_at' }

async function open(given: Wanted = wanted, can: (label: string) => boolean = () => true) {
  const sheetOf = { resource: 'users', export: 'perm:user:get', imports: ['perm:user:create', 'perm:user:update'] } as const
  const Page = defineComponent(() => () => h(SheetButtons, { sheet: sheetOf, wanted: () => given }))
  const mounted = await mountRouted(Page, { path: '/users', can })
  if (can('perm:user:get')) await mounted.page.get('[data-testid=export]').trigger('click')
  await flushPromises()
  return mounted
}

beforeEach(() => {
  vi.resetAllMocks()
  followed.clear()
  document.body.innerHTML = ''
  vi.mocked(api.listSheets).mockResolvedValue([sheet('roles'), sheet('users')])
  vi.mocked(api.ownZone).mockReturnValue('Asia/Shanghai')
  vi.mocked(api.exportList).mockResolvedValue(8)
  vi.mocked(jobs.getJob).mockResolvedValue(job())
})

describe('the buttons of a list', () => {
  it('are there for whoever may, and importing leads to its page', async () => {
    const { page, router } = await open(wanted, (label) => ['perm:transfer:import', 'perm:user:update'].includes(label))
    expect(page.find('[data-testid=export]').exists()).toBe(false)
    await page.get('[data-testid=import]').trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.fullPath).toBe('/imports?resource=users')
  })

  it.each([['perm:transfer:import'], ['perm:user:update']])('offer no import with %s alone', async (label) => {
    const { page } = await open(wanted, (one) => one === label)
    expect(page.find('[data-testid=import]').exists()).toBe(false)
  })
})

describe('the export', () => {
  it('takes the filters, the order, and the chosen columns as the list has them', async () => {
    await open()
    await click('column-id')
    await click('column-email')
    await click('column-id')
    await click('start-export')
    const [body, key] = vi.mocked(api.exportList).mock.lastCall ?? []
    expect(body).toEqual({
      resource: 'users',
      query: { q: 'mei', is_enabled: 'true', sort: '-created_at' },
      columns: ['id', 'username'],
      locale: 'en',
      time_zone: 'Asia/Shanghai',
    })
    expect(key).toBeTruthy()
  })

  it('takes all rows where that is wanted, but never more than the page is about', async () => {
    await open({ ...wanted, always: { type_id: 3 } })
    await click('rows-all')
    await click('start-export')
    expect(vi.mocked(api.exportList).mock.lastCall?.[0].query).toEqual({ type_id: 3, sort: '-created_at' })
  })

  it('does not ask which rows when nothing is filtered', async () => {
    await open({ filters: {}, sort: '' })
    expect(inBody('rows-all')).toBeNull()
    await click('start-export')
    expect(vi.mocked(api.exportList).mock.lastCall?.[0].query).toEqual({})
  })

  it('wants a column at least', async () => {
    await open()
    await click('all-columns')
    expect(inBody('start-export')?.hasAttribute('disabled')).toBe(true)
    await click('all-columns')
    expect(inBody('start-export')?.hasAttribute('disabled')).toBe(false)
  })

  it('says why it was refused, and asks under the same key until something else is chosen', async () => {
    vi.mocked(api.exportList).mockRejectedValue(new ApiError('service_unavailable', 503))
    await open()
    await click('start-export')
    await click('start-export')
    expect(notify).toHaveBeenCalledWith(expect.stringContaining('busy or being updated'))
    await click('column-id')
    await click('start-export')
    const [first, second, third] = vi.mocked(api.exportList).mock.calls.map(([, key]) => key)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    expect(inBody('export-state')).toBeNull()
  })

  it('says when its columns cannot be had, and tries again', async () => {
    vi.mocked(api.listSheets).mockRejectedValueOnce(new ApiError('network_unreachable', 0)).mockResolvedValueOnce([sheet('roles')])
    await open()
    expect(inBody('load-error')?.textContent).toContain('cannot be reached')
    inBody('load-error')?.querySelector('button')?.click()
    await flushPromises()
    expect(inBody('load-error')?.textContent).toContain('may not do this')
  })

  it('is followed to its link, with how much it is and how long it holds', async () => {
    await open()
    await click('start-export')
    expect(inBody('export-state')?.textContent).toContain('being written')
    expect(inBody('export-link')).toBeNull()
    followed.get(8)?.onStatus?.({ state: 'running', progress: 0.4, progress_text: '', place_in_line: null })
    await flushPromises()
    expect(inBody('job-progress')?.getAttribute('value')).toBe('0.4')
    const result = made(HOUR)
    vi.mocked(jobs.getJob).mockResolvedValue(job({ state: 'done', result }))
    followed.get(8)?.onEnd({ state: 'done', result, error: null })
    await flushPromises()
    expect(inBody('export-link')?.getAttribute('href')).toBe('/api/v1/exports/k?s')
    expect(inBody('export-state')?.textContent).toContain('1,234 rows, 4.2 kB')
    expect(inBody('export-until')?.textContent).toContain('holds until')
  })

  it('offers no link that has run out, but to begin anew', async () => {
    vi.mocked(jobs.getJob).mockResolvedValue(job({ state: 'done', result: made(-HOUR) }))
    await open()
    await click('start-export')
    expect(inBody('export-link')).toBeNull()
    expect(inBody('export-until')?.textContent).toContain('Export it again')
    await click('export-again')
    expect(inBody('start-export')).not.toBeNull()
  })

  it('can be stopped, says why it failed, and can be begun anew under another key', async () => {
    await open()
    await click('start-export')
    await click('stop-export')
    expect(jobs.cancelJob).toHaveBeenCalledWith(8)
    const error = { code: 'disk_full', message: 'full', details: null }
    vi.mocked(jobs.getJob).mockResolvedValue(job({ state: 'failed', error, may_cancel: false }))
    followed.get(8)?.onEnd({ state: 'failed', result: null, error })
    await flushPromises()
    expect(inBody('job-failure')?.textContent).toContain('disk is nearly full')
    expect(inBody('stop-export')).toBeNull()
    await click('export-again')
    await click('start-export')
    const [first, second] = vi.mocked(api.exportList).mock.calls.map(([, key]) => key)
    expect(second).not.toBe(first)
  })

  it('speaks Chinese', async () => {
    const Page = defineComponent(() => () => h(SheetButtons, { sheet: { resource: 'users', export: 'perm:user:get' }, wanted: () => wanted }))
    const { page } = await mountRouted(Page, { path: '/users', locale: 'zh-CN' })
    await page.get('[data-testid=export]').trigger('click')
    await flushPromises()
    expect(api.listSheets).toHaveBeenCalledWith('zh-CN')
    expect(inBody('export-dialog')?.textContent).toContain('符合当前筛选的数据')
  })
})
