import { createMemoryHistory } from 'vue-router'
import { describe, expect, it, vi } from 'vitest'
import { createAppRouter, loginFor, targetOf } from './router'

async function visit(path: string, state: string) {
  const router = createAppRouter(() => ({ state, restore: async () => {} }), createMemoryHistory())
  await router.push(path)
  return router.currentRoute.value
}

// The views themselves are tested elsewhere; here it matters which one a person gets.
vi.mock('@/modules/iam/views/LoginView.vue', () => ({ default: { render: () => null } }))
vi.mock('@/layout/ShellLayout.vue', () => ({ default: { render: () => null } }))
vi.mock('@/modules/system/views/SystemView.vue', () => ({ default: { render: () => null } }))
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
