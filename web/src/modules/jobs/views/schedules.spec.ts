import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import { getJob } from '@/core/jobs/api'
import { mountPage, mountRouted } from '@/test/mountPage'
import * as api from '../api/schedules'
import ArgumentFields from '../components/schedules/ArgumentFields.vue'
import NextRuns from '../components/schedules/NextRuns.vue'
import { given, isMissing, listOf, startOf } from '../components/schedules/taskArguments'
import SchedulesView from './SchedulesView.vue'

vi.mock('../api/schedules')
vi.mock('@/core/jobs/api')
vi.mock('@/core/jobs/followJob', () => ({ followJob: () => () => undefined }))
// A whole page with all its inputs is slow to mount while the machine is busy.
vi.setConfig({ testTimeout: 30_000 })
enableAutoUnmount(afterEach)

const field = (name: string, rest: Partial<api.TaskField> = {}): api.TaskField => ({
  name,
  label: name,
  hint: '',
  kind: 'text',
  item: null,
  is_required: false,
  is_nullable: false,
  default: null,
  choices: [],
  least: null,
  most: null,
  longest: null,
  pattern: null,
  ...rest,
})
const days = field('days', { kind: 'integer', default: 30, least: 1 })
const states = field('states', { kind: 'list', item: 'choice', default: ['done'], choices: ['done', 'failed'], least: 1 })
const level = field('level', { kind: 'choice', choices: [1, 2], is_nullable: true })
const words = field('words', { is_required: true })
const notes = field('notes', { kind: 'list', item: 'text', default: [] })
const task: api.Task = { kind: 'test.task', about: 'Tests.', queue: 'system', time_limit: 600, fields: [days, states, level, words, notes] }

const schedule = (id: number, rest: Partial<api.Schedule> = {}): api.Schedule => ({
  id,
  name: `Schedule ${id}`,
  kind: 'system.ping',
  is_known: true,
  payload: {},
  cron: '30 2 * * *',
  time_zone: 'Europe/Berlin',
  misfire: 'once',
  overlap: 'skip',
  is_enabled: true,
  next_run_at: '2126-03-28T01:30:00Z',
  last_run: null,
  created_at: '2026-11-22T01:00:00Z',
  creator_id: null,
  creator_name: null,
  modifier_id: null,
  modifier_name: null,
  modifier_time: null,
  ...rest,
})

describe('the arguments of a task', () => {
  it('start with what the task says, and are sent as it wants them', () => {
    expect(startOf(task.fields)).toEqual({ days: 30, states: ['done'], notes: [] })
    expect(given(days, null)).toBeUndefined()
    expect(given(level, '2')).toBe(2)
    expect(given(level, '')).toBeUndefined()
    expect(given(words, '')).toBe('')
    expect(listOf(' a \n\nb', 'text')).toEqual(['a', 'b'])
    expect(listOf('1\nx', 'integer')).toEqual([1, 'x'])
    expect([isMissing(words, undefined), isMissing(words, 'x'), isMissing(days, undefined)]).toEqual([true, false, false])
  })

  it('are edited each by the input that fits, with what the server said beside it', async () => {
    const page = await mountPage(ArgumentFields, {
      id: 'x',
      task,
      errors: { words: 'Too short.' },
      disabled: false,
      modelValue: { days: 30, states: ['done'], notes: ['a', 'b'] },
    })
    expect(page.get('[data-testid=argument-words]').text()).toContain('Too short.')
    expect(page.get('[data-testid=argument-notes] textarea').element).toHaveProperty('value', 'a\nb')
    await page.get('[data-testid=argument-words] input').setValue('hello')
    expect(page.emitted('update:modelValue')?.at(-1)).toEqual([{ days: 30, states: ['done'], notes: ['a', 'b'], words: 'hello' }])
  })
})

it('shows where the clocks change between two runs', async () => {
  const page = await mountPage(NextRuns, { zone: 'Europe/Berlin', runs: ['2126-03-30T00:30:00Z', '2126-03-31T01:00:00Z', '2126-04-01T00:30:00Z'] })
  const lines = page.findAll('li').map((line) => line.text())
  expect(lines[1]).toMatch(/GMT\+2/)
  expect(lines.filter((line) => line.includes('clocks have changed'))).toHaveLength(1)
})

describe('the schedules page', () => {
  beforeEach(() => {
    vi.resetAllMocks()
    document.body.innerHTML = ''
    vi.mocked(api.scheduleOptions).mockResolvedValue({ tasks: [task], time_zones: ['UTC', 'Europe/Berlin'] })
    vi.mocked(api.listSchedules).mockResolvedValue({
      items: [
        schedule(1, { last_run: { id: 7, state: 'failed', at: '2026-11-22T01:30:00Z' } }),
        schedule(2, { is_enabled: false, next_run_at: null }),
        schedule(3, { next_run_at: '2020-01-01T00:00:00Z' }),
        schedule(4, { is_known: false, cron: 'what is this' }),
      ],
      total: 4,
      total_is_exact: true,
      page: 1,
      page_size: 20,
    })
  })

  it('says in words when each runs, how the last one went, and what is overdue', async () => {
    const { page } = await mountRouted(SchedulesView, { path: '/schedules' })
    const rows = page.findAll('tbody tr').map((row) => row.text())
    expect(rows[0]).toContain('At 02:30')
    expect(rows[0]).toContain('Europe/Berlin')
    expect(rows[0]).toContain('Failed')
    expect(rows[1]).toContain('Paused')
    expect(rows[2]).toContain('Overdue')
    expect(rows[3]).toContain('no such task')
    expect(rows[3]).toContain('what is this')
  })

  it('speaks Chinese', async () => {
    const { page } = await mountRouted(SchedulesView, { path: '/schedules', locale: 'zh-CN' })
    expect(page.get('h1').text()).toBe('定时任务')
    expect(page.get('tbody tr').text()).toContain('02:30')
    expect(page.get('tbody tr').text()).not.toContain('At ')
  })

  it('runs one at once and says so, and pauses with a way back', async () => {
    vi.mocked(api.runSchedule).mockResolvedValue(9)
    const { page } = await mountRouted(SchedulesView, { path: '/schedules' })
    await page.get('[data-testid=row-run]').trigger('click')
    await flushPromises()
    expect(api.runSchedule).toHaveBeenCalledWith(1)
    await page.findAll('tbody input[type=checkbox]')[0]?.setValue(true)
    await page.get('[data-testid=batch-pause]').trigger('click')
    await flushPromises()
    expect(api.enableSchedules).toHaveBeenCalledWith([1], false)
  })

  it('offers nothing that is not allowed', async () => {
    const { page } = await mountRouted(SchedulesView, { path: '/schedules', can: (label) => label === 'perm:schedule:get' })
    expect(page.get<HTMLElement>('[data-testid=create]').element.hidden).toBe(true)
    for (const button of ['row-run', 'row-edit', 'row-pause', 'row-delete']) {
      expect(page.find(`[data-testid=${button}]`).exists(), button).toBe(false)
    }
    expect(page.find('[data-testid=row-open]').exists()).toBe(true)
  })

  it('shows the next runs in the form as the server counts them, and what it says of a plan that is none', async () => {
    vi.mocked(api.previewPlan).mockResolvedValue(['2126-03-28T01:30:00Z'])
    const { page } = await mountRouted(SchedulesView, { path: '/schedules' })
    await page.get('[data-testid=create]').trigger('click')
    await flushPromises()
    const drawer = () => document.body.querySelector('[data-testid=form-drawer]')
    expect(drawer()?.querySelectorAll('[data-testid=next-runs] li')).toHaveLength(1)
    vi.mocked(api.previewPlan).mockRejectedValue(
      new ApiError('validation_failed', 422, [{ loc: ['body', 'cron'], code: 'cron_invalid', message: 'Bad minute.' }]),
    )
    const zone = page.getComponent({ name: 'CronInput' })
    zone.vm.$emit('update:modelValue', '61 * * * *')
    await flushPromises()
    await new Promise((resolve) => setTimeout(resolve, 400))
    await flushPromises()
    expect(drawer()?.querySelector('[data-testid=field-cron]')?.textContent).toContain('cannot be kept')
    expect(drawer()?.querySelectorAll('[data-testid=next-runs] li')).toHaveLength(0)
  })

  it('opens one with its plan and runs, a run of it, and the job of that', async () => {
    const run: api.Run = {
      id: 7,
      schedule_id: 1,
      schedule_name: 'Schedule 1',
      kind: 'system.ping',
      state: 'done',
      is_manual: false,
      planned_for: '2026-11-22T01:30:00Z',
      stands_for: 1,
      job_id: 30,
      error: null,
      creator_id: null,
      creator_name: null,
      created_at: '2026-11-22T01:30:00Z',
      started_at: '2026-11-22T01:30:01Z',
      finished_at: '2026-11-22T01:30:03Z',
    }
    vi.mocked(api.getSchedule).mockResolvedValue(schedule(1))
    vi.mocked(api.planOf).mockResolvedValue(['2126-03-28T01:30:00Z'])
    vi.mocked(api.listRuns).mockResolvedValue({ items: [run], total: 1, total_is_exact: true, page: 1, page_size: 10 })
    vi.mocked(api.getRun).mockResolvedValue({ ...run, payload: { days: 3 }, result: { said: 'pong' } })
    vi.mocked(getJob).mockRejectedValue(new ApiError('service_unavailable', 503))
    const { page, router } = await mountRouted(SchedulesView, { path: '/schedules' })
    const inBody = (selector: string) => document.body.querySelector<HTMLElement>(selector)
    const click = async (selector: string) => {
      inBody(selector)?.click()
      await flushPromises()
    }
    await page.get('[data-testid=open-schedule]').trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.query.schedule).toBe('1')
    expect(inBody('[data-testid=schedule-detail] h2')?.textContent).toBe('Schedule 1')
    expect(inBody('[data-testid=schedule-detail] [data-testid=next-runs] li')).not.toBeNull()
    await click('[data-testid=schedule-detail] [data-testid=row-open-run]')
    expect(api.getRun).toHaveBeenCalledWith(7)
    expect(inBody('[data-testid=run-detail] [data-testid=job-result]')?.textContent).toContain('pong')
    await click('[data-testid=open-job-of-run]')
    expect(inBody('[data-testid=job-detail] [data-testid=skeleton]')).not.toBeNull()
    await click('[data-testid=close-job]')
    await click('[data-testid=close-run]')
    await click('[data-testid=close-schedule]')
    expect(router.currentRoute.value.query.schedule).toBeUndefined()
  })
})
