import type { components } from '@/core/api/schema'
import { get, patch, post } from '@/core/http/client'
import type { ListQuery } from '@/core/list/types'

export type Role = components['schemas']['RoleAnswer']
export type RoleBody = components['schemas']['RoleCreate']
export type RoleName = components['schemas']['RoleName']

export const listRoles = (params: ListQuery) => get('/api/v1/roles', { params, quiet: true })
export const roleOptions = () => get('/api/v1/roles/options')
export const getRole = (id: number) => get('/api/v1/roles/{id}', { path: { id } })
export const createRole = (body: Partial<RoleBody>) => post('/api/v1/roles', body, { quiet: true })
export const updateRole = (id: number, body: Partial<RoleBody>) => patch('/api/v1/roles/{id}', body, { path: { id }, quiet: true })
export const deleteRoles = (ids: number[]) => post('/api/v1/roles/batch-delete', { ids })
export const restoreRoles = (ids: number[]) => post('/api/v1/roles/restore', { ids })
export const enableRoles = (ids: number[], is_enabled: boolean) => post('/api/v1/roles/batch-enable', { ids, is_enabled })
