import type { Job } from '@/core/jobs/types'

export interface LogEntry {
  name: string
  /** Events of the same name that came one after the other are one line: an answer is sent in hundreds of pieces. */
  count: number
  text: string
  at: string
}

const MAX_TEXT = 300

/** The readable part of what an event carries; pieces of an answer are not repeated here. */
function textOf(name: string, data: unknown): string {
  if (name === 'delta' || typeof data !== 'object' || data === null) return ''
  const values = Object.entries(data).filter(([key, value]) => key !== 'at' && value !== null && value !== '')
  return values
    .map(([key, value]) => (key === 'text' ? String(value) : `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`))
    .join(', ')
    .slice(0, MAX_TEXT)
}

export function addToLog(log: readonly LogEntry[], name: string, data: unknown): LogEntry[] {
  const at = typeof data === 'object' && data !== null && 'at' in data ? String(data.at) : ''
  const text = textOf(name, data)
  const last = log.at(-1)
  if (last?.name === name && last.text === text) return [...log.slice(0, -1), { ...last, count: last.count + 1 }]
  return [...log, { name, count: 1, text, at }]
}

/** The whole story of a job, oldest first. */
export function wholeLog(job: Pick<Job, 'state' | 'created_at' | 'started_at' | 'finished_at'>, told: readonly LogEntry[]): LogEntry[] {
  const mark = (name: string, at: string | null): LogEntry[] => (at ? [{ name, count: 1, text: '', at }] : [])
  return [...mark('queued', job.created_at), ...mark('running', job.started_at), ...told, ...mark(job.state, job.finished_at)]
}
