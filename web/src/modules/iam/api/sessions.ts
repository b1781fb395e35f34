import type { components } from '@/core/api/schema'
import { del, get, post } from '@/core/http/client'
import type { ListQuery } from '@/core/list/types'

export type LiveSession = components['schemas']['SessionAnswer']
export type LogIn = components['schemas']['LoginLogAnswer']

export const listSessions = (params: ListQuery) => get('/api/v1/sessions', { params, quiet: true })
export const endSessions = (ids: string[]) => post('/api/v1/sessions/batch-delete', { ids })
export const listLogIns = (params: ListQuery) => get('/api/v1/login-logs', { params, quiet: true })
/** `before` is a moment, ISO 8601; what is older goes for good. */
export const deleteLogInsBefore = (before: string) => del('/api/v1/login-logs', { params: { before } })
