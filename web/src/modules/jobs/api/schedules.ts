import type { components } from '@/core/api/schema'
import { get, patch, post } from '@/core/http/client'
import { newKey } from '@/core/http/newKey'
import type { ListQuery, Page } from '@/core/list/types'

type Schemas = components['schemas']
export type Schedule = Schemas['ScheduleAnswer']
export type ScheduleForm = Required<Schemas['ScheduleCreate']>
export type Run = Schemas['ScheduleRunAnswer']
export type RunDetail = Schemas['ScheduleRunDetail']
export type RunState = Run['state']
export type ScheduleOptions = Schemas['ScheduleOptions']
export type Task = Schemas['SchedulableTask']
export type TaskField = Schemas['TaskField']
export type BuiltIn = Schemas['BuiltIn']

const quiet = { quiet: true }
const to = (id: number) => ({ ...quiet, path: { id } })

export function listSchedules(query: ListQuery): Promise<Page<Schedule>> {
  return get('/api/v1/schedules', { ...quiet, params: query })
}

export const getSchedule = (id: number): Promise<Schedule> => get('/api/v1/schedules/{id}', to(id))

export const scheduleOptions = (): Promise<ScheduleOptions> => get('/api/v1/schedules/options', quiet)

export const createSchedule = (form: ScheduleForm): Promise<Schedule> => post('/api/v1/schedules', form, quiet)

export function changeSchedule(id: number, change: Partial<ScheduleForm>): Promise<Schedule> {
  return patch('/api/v1/schedules/{id}', change, to(id))
}

export async function enableSchedules(ids: number[], on: boolean): Promise<void> {
  await post('/api/v1/schedules/batch-enable', { ids, is_enabled: on }, quiet)
}

export async function removeSchedules(ids: number[]): Promise<void> {
  await post('/api/v1/schedules/batch-delete', { ids }, quiet)
}

export async function restoreSchedules(ids: number[]): Promise<void> {
  await post('/api/v1/schedules/restore', { ids }, quiet)
}

/** The id of the job. */
export async function runSchedule(id: number): Promise<number> {
  return (await post('/api/v1/schedules/{id}/run', undefined, { ...to(id), headers: { 'Idempotency-Key': newKey() } })).id
}

/** When the worker begins next, as its table says. */
export async function planOf(id: number): Promise<string[]> {
  return (await get('/api/v1/schedules/{id}/plan', to(id))).runs
}

/** The same of what is not saved yet. */
export async function previewPlan(cron: string, zone: string): Promise<string[]> {
  return (await get('/api/v1/schedules/preview', { ...quiet, params: { cron, time_zone: zone } })).runs
}

export async function listBuiltIn(): Promise<BuiltIn[]> {
  return (await get('/api/v1/schedules/built-in', quiet)).items
}

export function listRuns(query: ListQuery): Promise<Page<Run>> {
  return get('/api/v1/schedule-runs', { ...quiet, params: query })
}

export const getRun = (id: number): Promise<RunDetail> => get('/api/v1/schedule-runs/{id}', to(id))
