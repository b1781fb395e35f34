import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import { notify } from '@/core/http/notify'
import * as jobs from '@/core/jobs/api'
import type { JobHooks } from '@/core/jobs/types'
import * as sheets from '@/core/sheets/api'
import { mountRouted } from '@/test/mountPage'
import * as api from '../api/imports'
import { by, has, issue, job, pageOf, row, sheet } from '../testing'
import ImportsView from '../views/ImportsView.vue'

vi.mock('../api/imports')
vi.mock('@/core/sheets/api')
vi.mock('@/core/jobs/api')
vi.mock('@/core/http/notify')
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

async function open(path = '/imports', shown: api.Import = row()) {
  vi.mocked(api.getImport).mockResolvedValue(shown)
  const mounted = await mountRouted(ImportsView, { path })
  await flushPromises()
  return mounted
}
const openOne = async (shown: api.Import) => (await open('/imports?import=5', shown)).page

beforeEach(() => {
  vi.resetAllMocks()
  followed.clear()
  document.body.innerHTML = ''
  vi.mocked(sheets.listSheets).mockResolvedValue([sheet('logs', 'Logs', false), sheet('users', 'Users'), sheet('parameters', 'Parameters')])
  vi.mocked(api.listImports).mockResolvedValue(pageOf<api.Import>([]))
  vi.mocked(api.listIssues).mockResolvedValue(pageOf<api.Issue>([]))
  vi.mocked(jobs.getJob).mockImplementation(async (id) => job({ id }))
})

describe('an import', () => {
  it('is followed while it is checked, then shows what it would do', async () => {
    const page = await openOne(row({ state: 'checking', may_confirm: false, create_count: 0 }))
    expect(by(page, 'job-progress').attributes('value')).toBe('0.5')
    expect(has(page, 'count-create')).toBe(false)
    expect(page.get('[aria-current=step]').text()).toContain('Check')
    vi.mocked(api.getImport).mockResolvedValue(row())
    followed.get(8)?.onEnd({ state: 'done', result: null, error: null })
    await flushPromises()
    expect(by(page, 'import-card').attributes('data-state')).toBe('checked')
    expect(['create', 'update', 'same', 'error'].map((key) => by(page, `count-${key}`).get('dd').text())).toEqual(['1,200', '300', '100', '0'])
    expect(page.get('[aria-current=step]').text()).toContain('Confirm')
    expect(page.findAll('.past')).toHaveLength(1)
    expect(api.listIssues).not.toHaveBeenCalled()
  })

  it('shows every mistake by cell and column, in the reader’s words, and cannot be confirmed', async () => {
    const many = [issue(1), issue(2, { cell: null, heading: null, code: 'permission_denied' }), issue(3, { code: 'of_a_rule', message: 'No such zone.' })]
    vi.mocked(api.listIssues).mockResolvedValue(pageOf(many, 45))
    const page = await openOne(row({ error_count: 45, may_confirm: false, annotated_url: '/api/v1/exports/m?s', ignored: ['Colour', 'Size'] }))
    const lines = by(page, 'import-issues').findAll('tbody tr').map((line) => line.findAll('td').map((cell) => cell.text()))
    expect(lines[0]).toEqual(['D2', 'E-mail', 'This is no e-mail address.'])
    expect(lines[1]).toEqual(['Row 3', 'The whole row', 'Your account may not do this.'])
    expect(lines[2]?.[2]).toBe('No such zone.')
    expect(by(page, 'annotated').attributes('href')).toBe('/api/v1/exports/m?s')
    expect(by(page, 'import-card').text()).toContain('not imported: Colour, Size.')
    expect(by(page, 'import-card').text()).toContain('Has mistakes')
    expect(by(page, 'import-card').text()).toContain('Nothing has been changed')
    expect(page.get('.wrong').text()).toContain('Check')
    expect(has(page, 'confirm-import')).toBe(false)
    await by(page, 'import-issues').get('[data-testid=next-page]').trigger('click')
    await flushPromises()
    expect(api.listIssues).toHaveBeenLastCalledWith(5, 2, 10)
  })

  it('says why its mistakes could not be had, and asks again', async () => {
    vi.mocked(api.listIssues).mockRejectedValueOnce(new ApiError('service_unavailable', 503)).mockResolvedValueOnce(pageOf([issue(1)]))
    const page = await openOne(row({ error_count: 1, may_confirm: false }))
    await by(page, 'load-error').get('button').trigger('click')
    await flushPromises()
    expect(by(page, 'import-issues').text()).toContain('D2')
  })

  it('is confirmed once, done, and taken back, with what had to stay', async () => {
    let accepted: () => void = () => undefined
    vi.mocked(api.confirmImport).mockReturnValue(new Promise((resolve) => (accepted = resolve)))
    const page = await openOne(row())
    await by(page, 'confirm-import').trigger('click')
    await by(page, 'confirm-import').trigger('click')
    vi.mocked(api.getImport).mockResolvedValue(row({ state: 'importing', job_id: 9, may_confirm: false }))
    accepted()
    await flushPromises()
    expect(api.confirmImport).toHaveBeenCalledTimes(1)
    expect(api.confirmImport).toHaveBeenCalledWith(5)
    expect(has(page, 'confirm-import')).toBe(false)

    vi.mocked(api.getImport).mockResolvedValue(row({ state: 'done', job_id: 9, may_confirm: false, may_undo: true, error_count: 1 }))
    followed.get(9)?.onEnd({ state: 'done', result: null, error: null })
    await flushPromises()
    expect(by(page, 'count-create').text()).toContain('Created')
    expect(by(page, 'import-card').text()).toContain('It can be taken back until')
    vi.mocked(api.getImport).mockResolvedValue(row({ state: 'undoing', job_id: 10, may_confirm: false, error_count: 1 }))
    await by(page, 'undo-import').trigger('click')
    await flushPromises()
    expect(api.undoImport).toHaveBeenCalledWith(5)

    expect(has(page, 'import-issues')).toBe(false)
    vi.mocked(api.listIssues).mockResolvedValue(pageOf([issue(7, { stage: 'undo', cell: null, heading: null, code: 'changed_since' })]))
    vi.mocked(api.getImport).mockResolvedValue(row({ state: 'undone', job_id: 10, may_confirm: false, error_count: 1, undone_count: 1499, kept_count: 1 }))
    followed.get(10)?.onEnd({ state: 'done', result: null, error: null })
    await flushPromises()
    expect([by(page, 'count-undone'), by(page, 'count-kept')].map((one) => one.get('dd').text())).toEqual(['1,499', '1'])
    expect(by(page, 'import-issues').text()).toContain('changed since the import')
    expect(has(page, 'undo-import')).toBe(false)
    expect(page.findAll('.past')).toHaveLength(4)
  })

  it('that cannot be taken back any more says so, also when it is found out by trying', async () => {
    const page = await openOne(row({ state: 'done', may_confirm: false, may_undo: true }))
    const fields = [{ loc: ['body', 'state'], code: 'wrong_state', message: 'theirs' }]
    vi.mocked(api.undoImport).mockRejectedValue(new ApiError('conflict', 409, fields))
    vi.mocked(api.getImport).mockResolvedValue(row({ state: 'done', may_confirm: false, may_undo: false }))
    await by(page, 'undo-import').trigger('click')
    await flushPromises()
    expect(notify).toHaveBeenCalledWith('This cannot be done in its present state.')
    expect(has(page, 'undo-import')).toBe(false)
    expect(by(page, 'import-card').text()).toContain('cannot be taken back any more')
  })

  it('is followed by another workbook for the same list', async () => {
    const { page } = await open('/imports?resource=users&import=5', row({ resource: 'parameters', error_count: 1, may_confirm: false }))
    await by(page, 'another-import').trigger('click')
    await flushPromises()
    await by(page, 'template').trigger('click')
    expect(api.saveTemplate).toHaveBeenCalledWith('parameters', 'Parameters', 'en')
  })

  it('that was checked too long ago says so and is not ready', async () => {
    const page = await openOne(row({ may_confirm: false }))
    expect(by(page, 'import-card').text()).toContain('Too old')
    expect(by(page, 'import-card').text()).toContain('Upload the workbook again')
    expect(by(page, 'import-card').text()).not.toContain('Ready to import')
  })

  it('says why the whole file is refused', async () => {
    const failure = { code: 'headings_missing', message: 'theirs', details: null }
    const page = await openOne(row({ state: 'refused', failure, may_confirm: false }))
    expect(by(page, 'job-failure').text()).toContain('headings of the template')
    expect(has(page, 'count-create')).toBe(false)
  })

  it('that broke off goes on, and can be stopped while it does', async () => {
    const failure = { code: 'cancelled', message: 'theirs', details: null }
    const page = await openOne(row({ state: 'broken_off', failure, may_undo: true }))
    expect(by(page, 'confirm-import').text()).toBe('Go on')
    expect(by(page, 'import-card').text()).toContain('What is counted above is done')
    expect(by(page, 'import-card').text()).not.toContain('Nothing has been changed')
    vi.mocked(api.getImport).mockResolvedValue(row({ state: 'importing', job_id: 9, may_confirm: false }))
    await by(page, 'confirm-import').trigger('click')
    expect(by(page, 'undo-import').attributes('disabled')).toBeDefined()
    await flushPromises()
    await by(page, 'stop-import').trigger('click')
    await flushPromises()
    expect(jobs.cancelJob).toHaveBeenCalledWith(9)
  })

  it('that is not there is said to be so, and can be left', async () => {
    vi.mocked(api.getImport).mockRejectedValue(new ApiError('not_found', 404))
    const { page, router } = await mountRouted(ImportsView, { path: '/imports?import=5' })
    await flushPromises()
    expect(by(page, 'load-error').text()).toContain('not there')
    await by(page, 'close-import').trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.fullPath).toBe('/imports')
    expect(has(page, 'import-file')).toBe(true)
  })
})
