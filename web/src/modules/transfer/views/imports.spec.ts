import { enableAutoUnmount, flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import { notify } from '@/core/http/notify'
import * as jobs from '@/core/jobs/api'
import * as sheets from '@/core/sheets/api'
import { mountRouted } from '@/test/mountPage'
import * as api from '../api/imports'
import { by, has, job, pageOf, row, sheet } from '../testing'
import ImportsView from './ImportsView.vue'

vi.mock('../api/imports')
vi.mock('@/core/sheets/api')
vi.mock('@/core/jobs/api')
vi.mock('@/core/http/notify')
vi.mock('@/core/jobs/followJob', () => ({ followJob: () => () => undefined }))
// A whole page with all its inputs is slow to mount while the machine is busy.
vi.setConfig({ testTimeout: 30_000 })
enableAutoUnmount(afterEach)

async function open(path = '/imports', shown: api.Import = row()) {
  vi.mocked(api.getImport).mockResolvedValue(shown)
  const mounted = await mountRouted(ImportsView, { path })
  await flushPromises()
  return mounted
}

async function give(page: VueWrapper, name = 'people.xlsx'): Promise<void> {
  const input = by(page, 'import-file')
  Object.defineProperty(input.element, 'files', { value: [new File(['x'], name)], configurable: true })
  await input.trigger('change')
  await flushPromises()
}

beforeEach(() => {
  vi.resetAllMocks()
  document.body.innerHTML = ''
  vi.mocked(sheets.listSheets).mockResolvedValue([sheet('logs', 'Logs', false), sheet('users', 'Users'), sheet('parameters', 'Parameters')])
  vi.mocked(api.listImports).mockResolvedValue(pageOf<api.Import>([]))
  vi.mocked(api.listIssues).mockResolvedValue(pageOf<api.Issue>([]))
  vi.mocked(jobs.getJob).mockImplementation(async (id) => job({ id }))
})

describe('what to import', () => {
  it('is what the address names, and its template is what is downloaded', async () => {
    const { page } = await open('/imports?resource=parameters')
    await by(page, 'template').trigger('click')
    await flushPromises()
    expect(api.saveTemplate).toHaveBeenCalledWith('parameters', 'Parameters', 'en')
  })

  it('is the first that may be imported, where the address names another', async () => {
    const { page } = await open('/imports?resource=logs', row())
    await by(page, 'template').trigger('click')
    await flushPromises()
    expect(api.saveTemplate).toHaveBeenCalledWith('users', 'Users', 'en')
  })

  it('says when the template cannot be had', async () => {
    vi.mocked(api.saveTemplate).mockRejectedValue(new ApiError('bad_gateway', 502))
    const { page } = await open()
    await by(page, 'template').trigger('click')
    await flushPromises()
    expect(notify).toHaveBeenCalledWith(expect.stringContaining('does not answer'))
  })

  it('may be nothing', async () => {
    vi.mocked(sheets.listSheets).mockResolvedValue([sheet('logs', 'Logs', false)])
    const { page } = await open()
    expect(page.text()).toContain('There is nothing you may import')
    expect(has(page, 'import-file')).toBe(false)
  })

  it('waits for the lists, and says why they could not be had', async () => {
    let fail: (error: unknown) => void = () => undefined
    vi.mocked(sheets.listSheets).mockReturnValueOnce(new Promise((_, reject) => (fail = reject)))
    const { page } = await open()
    expect(page.find('.panel [data-testid=skeleton]').exists()).toBe(true)
    fail(new ApiError('service_unavailable', 503))
    await flushPromises()
    await by(page, 'load-error').get('button').trigger('click')
    await flushPromises()
    expect(has(page, 'import-file')).toBe(true)
  })
})

describe('the upload', () => {
  it('shows how much has left, and leads to its import, which a reload keeps', async () => {
    let done: (id: number) => void = () => undefined
    vi.mocked(api.upload).mockReturnValue(new Promise((resolve) => (done = resolve)))
    const { page, router } = await open('/imports?resource=parameters')
    await give(page)
    const [resource, file, locale, told] = vi.mocked(api.upload).mock.lastCall ?? []
    expect([resource, file?.name, locale]).toEqual(['parameters', 'people.xlsx', 'en'])
    told?.(0.25)
    await flushPromises()
    expect(by(page, 'job-progress').attributes('value')).toBe('0.25')
    await give(page)
    expect(api.upload).toHaveBeenCalledTimes(1)
    done(5)
    await flushPromises()
    expect(router.currentRoute.value.fullPath).toBe('/imports?resource=parameters&import=5')
    expect(by(page, 'import-card').text()).toContain('people.xlsx')
    expect(api.listImports).toHaveBeenCalledTimes(2)
  })

  it('says in words why a file is refused, and takes the next', async () => {
    const fields = [{ loc: ['body', 'file'], code: 'file_encrypted', message: 'theirs' }]
    vi.mocked(api.upload).mockRejectedValueOnce(new ApiError('validation_failed', 422, fields))
    const { page } = await open()
    await give(page)
    expect(by(page, 'import-refused').text()).toContain('protected with a password')
    expect(by(page, 'import-refused').attributes('role')).toBe('alert')
    vi.mocked(api.upload).mockRejectedValueOnce(new ApiError('payload_too_large', 413))
    await give(page)
    expect(by(page, 'import-refused').text()).toBe('That is too large for the server.')
    vi.mocked(api.upload).mockReturnValueOnce(new Promise(() => undefined))
    await give(page)
    expect(has(page, 'import-refused')).toBe(false)
  })

  it('takes what is dropped', async () => {
    vi.mocked(api.upload).mockResolvedValue(5)
    const { page } = await open()
    await page.get('.drop').trigger('drop', { dataTransfer: { files: [new File(['x'], 'dropped.xlsx')] } })
    await flushPromises()
    expect(vi.mocked(api.upload).mock.lastCall?.[1].name).toBe('dropped.xlsx')
  })
})

describe('earlier imports', () => {
  const earlier = [
    row({ id: 4, state: 'done', may_confirm: false, may_undo: true }),
    row({ id: 3, file_name: 'wrong.xlsx', error_count: 2, may_confirm: false }),
    row({ id: 2, file_name: 'old.xlsx', resource: 'gone', state: 'done', may_confirm: false }),
  ]

  it('say how they went, and can be opened', async () => {
    vi.mocked(api.listImports).mockResolvedValue(pageOf(earlier))
    const { page, router } = await open()
    const lines = page.findAll('tbody tr').map((line) => line.text())
    expect(lines[0]).toContain('Users')
    expect(lines[0]).toContain('1,200')
    expect(lines[1]).toContain('Has mistakes')
    expect(lines[2]).toContain('gone')
    await page.findAll('[data-testid=open-import]')[1]?.trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ import: '3' })
    expect(api.getImport).toHaveBeenCalledWith(3)
  })

  it('are taken back from there, where that can be done', async () => {
    vi.mocked(api.listImports).mockResolvedValue(pageOf(earlier))
    const { page } = await open()
    const buttons = page.findAll('[data-testid=row-undo]')
    expect(buttons).toHaveLength(1)
    await buttons[0]?.trigger('click')
    await flushPromises()
    expect(api.undoImport).toHaveBeenCalledWith(4)
    expect(api.getImport).toHaveBeenCalledWith(4)
  })

  it('are empty at first, and say why they could not be had', async () => {
    const { page } = await open()
    expect(by(page, 'empty').text()).toContain('Nothing imported yet')
    vi.mocked(api.listImports).mockRejectedValueOnce(new ApiError('service_unavailable', 503))
    const again = await open()
    expect(by(again.page, 'load-error').text()).toContain('busy or being updated')
  })

  it('are in the reader’s language', async () => {
    vi.mocked(api.listImports).mockResolvedValue(pageOf(earlier))
    const { page } = await mountRouted(ImportsView, { path: '/imports', locale: 'zh-CN' })
    await flushPromises()
    expect(sheets.listSheets).toHaveBeenCalledWith('zh-CN')
    expect(page.get('h1').text()).toBe('数据导入')
    expect(page.text()).toContain('存在错误')
  })
})
