import type { components } from '@/core/api/schema'
import { get } from '@/core/http/client'

export type Permission = components['schemas']['PermissionAnswer']
export type Why = components['schemas']['Why']

export const allPermissions = () => get('/api/v1/permissions', { quiet: true })
export const why = (user_id: number, label: string) => get('/api/v1/permissions/why', { params: { user_id, label }, quiet: true })
