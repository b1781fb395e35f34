import type { components } from '@/core/api/schema'
import { get, post } from '@/core/http/client'
import type { MenuNode } from '@/core/router/menu'

export type Me = components['schemas']['Me']
export type TokenAnswer = components['schemas']['AccessToken']

export interface Credentials {
  username: string
  password: string
  remember: boolean
}

export function logIn(credentials: Credentials): Promise<TokenAnswer> {
  const form = new URLSearchParams({
    grant_type: 'password',
    username: credentials.username,
    password: credentials.password,
    remember: String(credentials.remember),
  })
  return post('/api/v1/auth/login', form, { anonymous: true, quiet: true })
}

/** The cookie is the proof; there is nothing to send. */
export function refresh(): Promise<TokenAnswer> {
  return post('/api/v1/auth/refresh', undefined, { anonymous: true, quiet: true })
}

export async function logOut(): Promise<void> {
  await post('/api/v1/auth/logout')
}

export function whoAmI(): Promise<Me> {
  return get('/api/v1/users/me', { quiet: true })
}

type Branch = components['schemas']['MenuNode']

const toNode = (branch: Branch): MenuNode => ({
  name: branch.name,
  path: branch.path,
  title: branch.title,
  icon: branch.icon,
  view: branch.view,
  permission: branch.permission as MenuNode['permission'],
  hidden: !branch.is_visible,
  children: branch.children.map(toNode),
})

/** The pages that the roles of the account grant, as a tree. */
export async function myMenu(): Promise<MenuNode[]> {
  return (await get('/api/v1/users/me/menus', { quiet: true })).map(toNode)
}
