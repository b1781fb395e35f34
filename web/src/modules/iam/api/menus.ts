import type { components } from '@/core/api/schema'
import { get, patch, post } from '@/core/http/client'

export type Menu = components['schemas']['MenuAnswer']
export type MenuBody = components['schemas']['MenuCreate']
export type QuickMenu = components['schemas']['QuickAdd']

/** All of them, in the order in which they are shown. */
export const allMenus = () => get('/api/v1/menus', { quiet: true })
export const createMenu = (body: Partial<MenuBody>) => post('/api/v1/menus', body, { quiet: true })
export const updateMenu = (id: number, body: Partial<MenuBody>) => patch('/api/v1/menus/{id}', body, { path: { id }, quiet: true })
export const restoreMenus = (ids: number[]) => post('/api/v1/menus/restore', { ids })
export const quickAdd = (body: QuickMenu) => post('/api/v1/menus/quick-add', body, { quiet: true })
export const removeWhole = (id: number) => post('/api/v1/menus/{id}/remove-whole', undefined, { path: { id } })
