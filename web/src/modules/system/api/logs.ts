import type { components } from '@/core/api/schema'
import { get } from '@/core/http/client'

export type LogRecord = components['schemas']['LogRecord']
export type LogPage = components['schemas']['LogPage']
export type LogInstances = components['schemas']['LogInstances']

export interface LogQuery {
  instance?: string[]
  level?: string[]
  request_id?: string
  q?: string
  since?: string
  until?: string
  before?: string
  after?: string
}

const quiet = { quiet: true }

/** A list is sent as the same name again and again, which is how the server reads it. */
export function searchLogs(query: LogQuery): Promise<LogPage> {
  return get('/api/v1/system/logs', { ...quiet, params: query, paramsSerializer: { indexes: null } })
}

export function logInstances(): Promise<LogInstances> {
  return get('/api/v1/system/logs/instances', quiet)
}
