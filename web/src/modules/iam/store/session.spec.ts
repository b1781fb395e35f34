import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import * as api from '../api/auth'
import { useSession } from './session'

vi.mock('../api/auth')
const answer: api.TokenAnswer = { access_token: 't1', token_type: 'bearer', expires_in: 900 }
const mei: api.Me = {
  id: 2,
  username: 'mei',
  display_name: '',
  email: null,
  avatar_url: null,
  locale: null,
  time_zone: null,
  is_administrator: false,
  must_change_password: false,
  roles: [],
  permissions: [],
}
const tree = [{ name: 'users', path: '/users', title: 'Users', icon: '', view: 'iam/UsersView' }]

describe('session', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    localStorage.clear()
    vi.mocked(api.refresh).mockReset().mockResolvedValue(answer)
    vi.mocked(api.whoAmI).mockReset().mockResolvedValue(mei)
    vi.mocked(api.myMenu).mockReset().mockResolvedValue(tree)
    vi.mocked(api.logIn).mockReset().mockResolvedValue(answer)
    vi.mocked(api.logOut).mockReset().mockResolvedValue()
  })

  it('asks the cookie once, however many navigations wait', async () => {
    const session = useSession()
    await Promise.all([session.restore(), session.restore()])
    await session.restore()
    expect(api.refresh).toHaveBeenCalledTimes(1)
    expect(session).toMatchObject({ state: 'authenticated', accessToken: 't1', name: 'mei' })
  })

  it('keeps no secret in storage', async () => {
    const session = useSession()
    await session.restore()
    await session.logIn({ username: 'mei', password: 'p4ss', remember: true })
    const stored = [localStorage, sessionStorage].flatMap((storage) =>
      Array.from({ length: storage.length }, (_, index) => storage.getItem(storage.key(index) ?? '')),
    )
    expect([...stored, document.cookie].join()).not.toMatch(/t1|p4ss/)
  })

  it('is anonymous without a cookie', async () => {
    vi.mocked(api.refresh).mockRejectedValue(new ApiError('not_authenticated', 401))
    const session = useSession()
    await session.restore()
    expect(session.state).toBe('anonymous')
  })

  it.each([
    ['no answer', new ApiError('network_unreachable', 0)],
    ['a gateway', new ApiError('bad_gateway', 502)],
    ['a limit', new ApiError('too_many_attempts', 429)],
  ])('does not call a person anonymous because of %s, and recovers', async (_, error) => {
    vi.mocked(api.refresh).mockRejectedValueOnce(error)
    const session = useSession()
    await session.restore()
    expect(session.state).toBe('unreachable')
    await session.retry()
    expect(session.state).toBe('authenticated')
  })

  it('logs out, also when the session was already over', async () => {
    const session = useSession()
    await session.restore()
    vi.mocked(api.logOut).mockRejectedValue(new ApiError('session_revoked', 401))
    await session.logOut()
    expect(session).toMatchObject({ state: 'anonymous', accessToken: null, me: null })
  })

  it('takes what was typed along when it logs out, and nothing of anybody else', async () => {
    const session = useSession()
    await session.restore()
    const kept = ['groundwork.locale', `groundwork.draft.${mei.id}0.chat.3`]
    for (const key of [...kept, `groundwork.draft.${mei.id}.chat.3`, `groundwork.draft.${mei.id}.images`]) localStorage.setItem(key, '"text"')
    await session.logOut()
    expect(Object.keys(localStorage).sort()).toEqual(kept.sort())
    localStorage.clear()
  })

  it('does not claim to be logged out when the server did not hear it', async () => {
    const session = useSession()
    await session.restore()
    vi.mocked(api.logOut).mockRejectedValue(new ApiError('network_unreachable', 0))
    await expect(session.logOut()).rejects.toBeInstanceOf(ApiError)
    expect(session.state).toBe('authenticated')
  })

  it('grants what the labels say, and all to an administrator', async () => {
    const session = useSession()
    expect(session.can('perm:link_check:get')).toBe(false)
    await session.restore()
    expect(session.can('perm:link_check:get')).toBe(false)
    session.me = { ...mei, permissions: ['perm:link_check:get'] }
    expect(session.can('perm:link_check:get')).toBe(true)
    session.me = { ...mei, is_administrator: true }
    expect(session.can('perm:link_check:get')).toBe(true)
  })

  it('knows its roles, and that it has none', async () => {
    const session = useSession()
    await session.restore()
    expect(session.hasNoRole).toBe(true)
    session.me = { ...mei, roles: [{ code: 'operator', name: 'Operator' }] }
    expect([session.hasNoRole, session.hasRole('operator'), session.hasRole('member')]).toEqual([false, true, false])
    session.me = { ...mei, is_administrator: true }
    expect(session.hasNoRole).toBe(false)
  })

  it('loads rights and menu again, once for all who ask, and keeps the same menu the same', async () => {
    const session = useSession()
    await session.reloadRights()
    expect(api.whoAmI).not.toHaveBeenCalled()
    await session.restore()
    const before = session.menu
    vi.mocked(api.myMenu).mockResolvedValue(structuredClone(tree))
    vi.mocked(api.whoAmI).mockResolvedValue({ ...mei, permissions: ['perm:user:get'] })
    await Promise.all([session.reloadRights(), session.reloadRights()])
    expect(api.whoAmI).toHaveBeenCalledTimes(2)
    expect(session.menu).toBe(before)
    expect(session.can('perm:user:get')).toBe(true)
    vi.mocked(api.myMenu).mockResolvedValue([])
    await session.reloadRights()
    expect(session.menu).toEqual([])
  })

  it('survives that nobody answers when it asks for its rights again', async () => {
    const session = useSession()
    await session.restore()
    vi.mocked(api.whoAmI).mockRejectedValue(new ApiError('network_unreachable', 0))
    await session.reloadRights()
    expect(session).toMatchObject({ state: 'authenticated', name: 'mei' })
  })
})
