import { createMemoryHistory } from 'vue-router'
import { describe, expect, it, vi } from 'vitest'
import type { MenuNode } from './menu'
import { createAppRouter, loginFor, targetOf } from './router'

const systemPage: MenuNode = {
  name: 'system',
  path: '/system',
  title: 'system.menu.system',
  icon: 'system',
  view: 'system/SystemView',
  permission: 'perm:link_check:get',
}

async function visit(path: string, state: string, more: { menu?: MenuNode[]; mustChangePassword?: boolean; granted?: boolean } = {}) {
  const { menu = state === 'authenticated' ? [systemPage] : [], mustChangePassword = false, granted = false } = more
  const session = { state, menu, mustChangePassword, can: () => granted, restore: async () => {} }
  const router = createAppRouter(() => session, createMemoryHistory())
  await router.push(path)
  return router.currentRoute.value
}

// The views themselves are tested elsewhere; here it matters which one a person gets.
vi.mock('@/modules/iam/views/LoginView.vue', () => ({ default: { render: () => null } }))
vi.mock('@/layout/ShellLayout.vue', () => ({ default: { render: () => null } }))
vi.mock('@/modules/system/views/SystemView.vue', () => ({ default: { render: () => null } }))
vi.mock('@/modules/iam/views/UsersView.vue', () => ({ default: { render: () => null } }))
vi.mock('@/modules/iam/views/ProfileView.vue', () => ({ default: { render: () => null } }))
vi.mock('@/modules/system/views/DashboardView.vue', () => ({ default: { render: () => null } }))

describe('the guard', () => {
  it('sends a stranger to the log-in and remembers the way', async () => {
    expect(await visit('/system?a=1#b', 'anonymous')).toMatchObject({ name: 'login', query: { redirect: '/system?a=1#b' } })
  })

  it('lets a known person through, also by a deep link', async () => {
    expect((await visit('/system', 'authenticated')).name).toBe('system')
    expect((await visit('/', 'authenticated')).name).toBe('dashboard')
  })

  it('does not ask a known person to log in again', async () => {
    expect((await visit('/login?redirect=/system', 'authenticated')).name).toBe('system')
  })

  it('shows a missing page inside the shell, or without it to a stranger, at its own address', async () => {
    expect(await visit('/no/such?x=1', 'authenticated')).toMatchObject({ name: 'not-found', fullPath: '/no/such?x=1' })
    expect(await visit('/no/such?x=1', 'anonymous')).toMatchObject({ name: 'public-not-found', fullPath: '/no/such?x=1' })
  })

  it('knows the pages of this release, so that a missing right is not "not found"', async () => {
    expect(await visit('/users', 'authenticated')).toMatchObject({ name: 'users', meta: { permission: 'perm:user:get' } })
    expect((await visit('/users', 'authenticated', { granted: true })).name).toBe('not-found')
  })

  it('takes a page away with its menu, on the next click', async () => {
    const session = { state: 'authenticated', menu: [systemPage, { ...systemPage, name: 'extra', path: '/extra' }], mustChangePassword: false, can: () => true, restore: async () => {} }
    const router = createAppRouter(() => session, createMemoryHistory())
    await router.push('/extra?x=1#y')
    expect(router.currentRoute.value).toMatchObject({ name: 'extra', fullPath: '/extra?x=1#y' })
    session.menu = [systemPage]
    await router.push('/system')
    await router.push('/extra')
    expect(router.currentRoute.value.name).toBe('not-found')
  })

  it('leads to the password before anything else when somebody else has set it', async () => {
    const route = await visit('/system', 'authenticated', { mustChangePassword: true })
    expect(route).toMatchObject({ name: 'profile', hash: '#password' })
  })

  it('does not take a stranger for one when no server answered', async () => {
    expect((await visit('/system', 'unreachable')).name).toBe('system')
  })
})

describe('targetOf', () => {
  it.each([
    ['/system?a=1', '/system?a=1'],
    ['https://evil.example', '/'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['/login?redirect=/login', '/'],
    ['/login', '/'],
    ['/login-logs?outcome=success', '/login-logs?outcome=success'],
    [['/a', '/b'], '/'],
    [undefined, '/'],
  ])('%s', (redirect, target) => {
    expect(targetOf(redirect)).toBe(target)
  })

  it('keeps the reason out of the way back', () => {
    const route = { fullPath: '/system' } as Parameters<typeof loginFor>[0]
    expect(loginFor(route, 'expired').query).toEqual({ redirect: '/system', reason: 'expired' })
  })
})
