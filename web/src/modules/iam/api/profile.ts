import type { components } from '@/core/api/schema'
import { del, get, patch, post, put } from '@/core/http/client'
import type { Page } from '@/core/list/types'
import type { Me } from './auth'

export type OwnSession = components['schemas']['OwnSession']
export type OwnLogin = components['schemas']['OwnSignIn']
export type Activation = components['schemas']['MyActivation']
export type Redeemed = components['schemas']['Redeemed']
type MeUpdate = components['schemas']['MeUpdate']

const quiet = { quiet: true }

export function changeMe(change: MeUpdate): Promise<Me> {
  return patch('/api/v1/users/me', change, quiet)
}

export async function putAvatar(picture: Blob): Promise<void> {
  const form = new FormData()
  form.append('file', picture, 'avatar.png')
  await put('/api/v1/users/me/avatar', form, quiet)
}

export async function removeAvatar(): Promise<void> {
  await del('/api/v1/users/me/avatar', quiet)
}

export async function changePassword(current: string, wanted: string): Promise<void> {
  await post('/api/v1/users/me/password', { current_password: current, new_password: wanted }, quiet)
}

export function ownSessions(): Promise<OwnSession[]> {
  return get('/api/v1/users/me/sessions', quiet)
}

export async function endSession(id: string): Promise<void> {
  await del('/api/v1/users/me/sessions/{id}', { ...quiet, path: { id } })
}

export async function endOtherSessions(): Promise<void> {
  await post('/api/v1/users/me/sessions/end-others', undefined, quiet)
}

export function ownLogins(page: number): Promise<Page<OwnLogin>> {
  return get('/api/v1/users/me/login-log', { ...quiet, params: { page, page_size: 10 } })
}

export function redeem(code: string): Promise<Redeemed> {
  return post('/api/v1/activation-codes/redeem', { code }, quiet)
}

export function ownActivation(): Promise<Activation> {
  return get('/api/v1/activation-codes/mine', quiet)
}
