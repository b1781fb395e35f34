import type { components } from '@/core/api/schema'
import { get, patch, post } from '@/core/http/client'
import type { ListQuery } from '@/core/list/types'

export type User = components['schemas']['UserAnswer']
export type UserBody = components['schemas']['UserCreate']
export type Created = components['schemas']['UserCreated']

export const listUsers = (params: ListQuery) => get('/api/v1/users', { params, quiet: true })
export const createUser = (body: Partial<UserBody>) => post('/api/v1/users', body, { quiet: true })
export const updateUser = (id: number, body: Partial<UserBody>) => patch('/api/v1/users/{id}', body, { path: { id }, quiet: true })
export const deleteUsers = (ids: number[]) => post('/api/v1/users/batch-delete', { ids })
export const restoreUsers = (ids: number[]) => post('/api/v1/users/restore', { ids })
export const enableUsers = (ids: number[], is_enabled: boolean) => post('/api/v1/users/batch-enable', { ids, is_enabled })
/** Without a password one is made; the answer is the only place where it ever stands. */
export const resetPassword = (id: number, password?: string) =>
  post('/api/v1/users/{id}/reset-password', password ? { password } : {}, { path: { id }, quiet: true })
export const unlockUser = (id: number) => post('/api/v1/users/{id}/unlock', undefined, { path: { id } })
