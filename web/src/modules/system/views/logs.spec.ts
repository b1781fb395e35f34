import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import LoadError from '@/components/LoadError.vue'
import { ApiError } from '@/core/http/problem'
import { mountPage, mountRouted } from '@/test/mountPage'
import { logInstances, searchLogs, type LogPage, type LogRecord } from '../api/logs'
import { exportOf } from '../api/dataExports'
import { chosenLevels, followSeconds, levelOf, toQuery } from '../store/useLogs'
import LogsView from './LogsView.vue'

vi.mock('../api/logs')
enableAutoUnmount(afterEach)

const record = (id: string, rest: Partial<LogRecord> = {}): LogRecord => ({
  id,
  at: '2026-11-30T12:00:00.123Z',
  level: 'INFO',
  instance: 'api-blue',
  process: 7,
  request_id: null,
  source: 'app.x:1',
  message: `message ${id}`,
  details: '',
  is_cut: false,
  ...rest,
})
const page = (items: LogRecord[], rest: Partial<LogPage> = {}): LogPage => ({
  items,
  older: null,
  newest: 'newest',
  stopped: 'end',
  looked_back_to: null,
  ...rest,
})

beforeEach(() => {
  vi.resetAllMocks()
  vi.mocked(logInstances).mockResolvedValue({ is_kept: true, host: 'one', items: [] })
})
afterEach(() => vi.useRealTimers())

const open = (path = '/logs') => mountRouted(LogsView, { path })

describe('what is asked for', () => {
  it('comes from the address', () => {
    const now = new Date('2026-11-30T10:00:00Z')
    expect(toQuery({ level: 'error,nonsense', request_id: 'r1', q: 'x', instance: 'worker', at_to: '2026-11-30T09:00:00.000Z' }, now)).toEqual({
      level: ['ERROR', 'CRITICAL'],
      request_id: 'r1',
      q: 'x',
      instance: ['worker'],
      until: '2026-11-30T09:00:00.000Z',
    })
    expect(toQuery({ at: '7d' }, now).since).toMatch(/^2026-11-2[34]T/)
    expect(toQuery({})).toEqual({})
  })

  it('knows every level, also one that nobody uses yet', () => {
    expect(chosenLevels('debug,info')).toEqual(['debug', 'info'])
    expect([levelOf('CRITICAL'), levelOf('SUCCESS'), levelOf('TRACE'), levelOf('ODD')]).toEqual(['error', 'info', 'debug', 'info'])
  })
})

describe('the page of logs', () => {
  it('shows a record whole, and leads to all of its request', async () => {
    vi.mocked(searchLogs).mockResolvedValue(page([record('a', { level: 'ERROR', request_id: 'request-1', details: 'Traceback\n  x' })]))
    const { page: view, router } = await open()
    expect(view.find('[data-testid=log-details]').exists()).toBe(false)
    await view.get('[data-testid=open-record]').trigger('click')
    expect(view.get('[data-testid=log-details]').text()).toContain('Traceback')
    await view.get('[data-testid=same-request]').trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ request_id: 'request-1' })
    expect(vi.mocked(searchLogs).mock.lastCall?.[0]).toEqual({ request_id: 'request-1' })
    await view.get('[data-testid=all-requests]').trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({})
  })

  it('toggles levels and keeps them in the address', async () => {
    vi.mocked(searchLogs).mockResolvedValue(page([]))
    const { page: view, router } = await open('/logs?level=error')
    expect(view.get('[data-testid=level-error]').attributes('aria-pressed')).toBe('true')
    await view.get('[data-testid=level-warning]').trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.query.level).toBe('error,warning')
    expect(view.find('[data-testid=empty]').exists()).toBe(true)
  })

  it('goes on by itself while a search has found nothing, and further on demand', async () => {
    vi.mocked(searchLogs)
      .mockResolvedValueOnce(page([], { stopped: 'time', older: 'one', looked_back_to: '2026-11-30T11:00:00Z' }))
      .mockResolvedValueOnce(page([record('a')], { stopped: 'limit', older: 'two' }))
      .mockResolvedValueOnce(page([record('b')]))
    const { page: view } = await open('/logs?q=x')
    expect(vi.mocked(searchLogs).mock.calls.map(([query]) => query.before)).toEqual([undefined, 'one'])
    await view.get('[data-testid=older]').trigger('click')
    await flushPromises()
    expect(vi.mocked(searchLogs).mock.lastCall?.[0]).toEqual({ q: 'x', before: 'two' })
    expect(view.findAll('[data-testid=log-record]').map((each) => each.text())).toHaveLength(2)
    expect(view.text()).toContain('This is where the logs begin')
  })

  it('follows what is written, and says when some of it is left out', async () => {
    vi.useFakeTimers()
    vi.mocked(searchLogs).mockResolvedValueOnce(page([record('a')]))
    const { page: view } = await open()
    vi.mocked(searchLogs).mockResolvedValueOnce(page([record('b')], { newest: 'later' }))
    await view.get('[data-testid=follow]').trigger('click')
    await vi.advanceTimersByTimeAsync(followSeconds * 1000)
    expect(vi.mocked(searchLogs).mock.lastCall?.[0]).toEqual({ after: 'newest' })
    expect(view.findAll('[data-testid=log-record]').map((each) => each.text().includes('message b'))).toEqual([true, false])
    vi.mocked(searchLogs).mockResolvedValueOnce(page([record('c')], { newest: 'last', stopped: 'limit', older: 'gap' }))
    await vi.advanceTimersByTimeAsync(followSeconds * 1000)
    expect(vi.mocked(searchLogs).mock.lastCall?.[0]).toEqual({ after: 'later' })
    expect(view.findAll('[data-testid=log-record]')).toHaveLength(1)
    expect(view.text()).toContain('some of it is not shown')
    expect(view.find('[data-testid=older]').exists()).toBe(true)
  })

  it('says why it could not look, and that nothing is kept', async () => {
    vi.mocked(searchLogs).mockRejectedValueOnce(new ApiError('service_unavailable', 503))
    const { page: view } = await open()
    expect(view.find('[data-testid=load-error]').exists()).toBe(true)
    view.unmount()
    vi.mocked(searchLogs).mockResolvedValue(page([]))
    vi.mocked(logInstances).mockResolvedValue({ is_kept: false, host: 'one', items: [] })
    expect((await open()).page.text()).toContain('No log files are kept here')
  })
})

describe('the id of a request', () => {
  it('is plain text where there is no page of logs', async () => {
    const shown = await mountPage(LoadError, { error: new ApiError('internal_error', 500, [], 0, 'request-9') })
    expect(shown.text()).toContain('Request request-9')
    expect(shown.find('a').exists()).toBe(false)
  })

  it.each([
    [true, 1],
    [false, 0],
  ])('leads to the logs for whoever may read them: %s', async (may, links) => {
    const error = new ApiError('internal_error', 500, [], 0, 'request-9')
    const view = { components: { LoadError }, setup: () => ({ error }), render: null, template: '' }
    const { h } = await import('vue')
    const { page: shown, router } = await mountRouted({ ...view, render: () => h(LoadError, { error }) }, { path: '/x', can: () => may })
    router.addRoute({ name: 'logs', path: '/logs', component: { render: () => null } })
    await router.push('/other')
    await router.push('/x')
    await flushPromises()
    const found = shown.findAll('[data-testid=request-log]')
    expect(found).toHaveLength(links)
    if (links) expect(found[0]?.attributes('href')).toBe('/logs?request_id=request-9')
  })
})

describe('an export of all data', () => {
  const job = (result: unknown) => ({ result }) as never
  const result = { download_url: '/api/v1/data-exports/x', expires_at: '2026-11-30T12:00:00Z', bytes: 1, rows: 2, tables: 3, files: null }

  it('is offered as long as its file is kept, and only at an address of this site', () => {
    const before = Date.parse('2026-11-30T11:00:00Z')
    expect(exportOf(job(result), before)?.url).toBe('/api/v1/data-exports/x')
    expect(exportOf(job(result), before + 7_200_000)).toBeNull()
    expect(exportOf(job({ ...result, download_url: '//elsewhere/x' }), before)).toBeNull()
    expect(exportOf(job(null), before)).toBeNull()
  })
})
