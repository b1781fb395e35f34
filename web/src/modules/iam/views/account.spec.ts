import { enableAutoUnmount, flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import { mountRouted } from '@/test/mountPage'
import * as api from '../api/account'
import { useSession } from '../store/session'
import PasswordResetConfirmView from './PasswordResetConfirmView.vue'
import RegisterConfirmView from './RegisterConfirmView.vue'
import RegisterView from './RegisterView.vue'

vi.mock('../api/account')
enableAutoUnmount(afterEach)

const by = (page: VueWrapper, id: string) => page.get(`[data-testid=${id}]`)
const has = (page: VueWrapper, id: string) => page.find(`[data-testid=${id}]`).exists()
const send = async (page: VueWrapper) => {
  await page.get('form').trigger('submit')
  await flushPromises()
}

beforeEach(() => {
  vi.mocked(api.options).mockReset().mockResolvedValue({
    title: 'Groundwork',
    registration_enabled: true,
    password_reset_enabled: true,
    password_min_length: 12,
    demo_accounts: [],
  })
  vi.mocked(api.register).mockReset().mockResolvedValue({ expires_in_minutes: 120 })
  vi.mocked(api.confirmRegistration).mockReset().mockResolvedValue()
  vi.mocked(api.confirmReset).mockReset().mockResolvedValue()
})

describe('asking for an account', () => {
  it('says where the mail went and how long its link works', async () => {
    const { page } = await mountRouted(RegisterView, { path: '/register' })
    await by(page, 'email').setValue(' mei@example.org ')
    await send(page)
    expect(api.register).toHaveBeenCalledWith('mei@example.org', 'en')
    expect(by(page, 'mail-sent').text()).toMatch(/mei@example\.org[\s\S]*120 minutes/)
  })

  it('asks nobody about what certainly is no address', async () => {
    const { page } = await mountRouted(RegisterView, { path: '/register' })
    await by(page, 'email').setValue('mei')
    await send(page)
    expect(api.register).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(page.get('#email-error').text()).toContain('does not look like'))
  })

  it('says when the next try is possible, and what the site cannot do', async () => {
    vi.mocked(api.register).mockRejectedValueOnce(new ApiError('mail_unavailable', 503))
    const { page } = await mountRouted(RegisterView, { path: '/register' })
    await by(page, 'email').setValue('mei@example.org')
    await send(page)
    expect(by(page, 'form-error').text()).toContain('cannot send mail')
    vi.mocked(api.register).mockRejectedValueOnce(new ApiError('too_many_attempts', 429, [], 125))
    await send(page)
    expect(by(page, 'form-error').text()).toContain('2 min 5 s')
    expect(by(page, 'submit').attributes('disabled')).toBeDefined()
  })

  it('is not offered where it is switched off', async () => {
    vi.mocked(api.options).mockResolvedValue({
      title: '',
      registration_enabled: false,
      password_reset_enabled: false,
      password_min_length: 12,
      demo_accounts: [],
    })
    const { page } = await mountRouted(RegisterView, { path: '/register' })
    expect(has(page, 'registration-off')).toBe(true)
    expect(has(page, 'email')).toBe(false)
  })
})

describe('the link of a registration', () => {
  const path = '/register/confirm'

  async function open(hash = '#token=t-1') {
    const { page, router } = await mountRouted(RegisterConfirmView, { path })
    await router.replace({ path, hash })
    await flushPromises()
    const logIn = vi.spyOn(useSession(), 'logIn').mockResolvedValue()
    return { page, router, logIn }
  }
  const fill = async (page: VueWrapper, password: string) => {
    await by(page, 'username').setValue('mei')
    await by(page, 'password').setValue(password)
    await send(page)
  }

  it('makes the account and logs in, and leaves no token in the address', async () => {
    const { page, router, logIn } = await open()
    await fill(page, 'quite a long one')
    const body = { token: 't-1', username: 'mei', display_name: 'mei', password: 'quite a long one' }
    expect(api.confirmRegistration).toHaveBeenCalledWith(body)
    expect(logIn).toHaveBeenCalledTimes(1)
    expect(router.currentRoute.value.fullPath).toBe('/')
  })

  it('asks nobody while a rule is broken, and names the rule', async () => {
    const { page } = await open()
    await fill(page, 'too short')
    expect(by(page, 'rule-length').attributes('data-ok')).toBe('false')
    await fill(page, 'MEI-is-my-name')
    expect(by(page, 'rule-name').attributes('data-ok')).toBe('false')
    expect(api.confirmRegistration).not.toHaveBeenCalled()
  })

  it('shows what the server refuses at its field', async () => {
    const fields = [{ loc: ['body', 'password'], message: 'x', code: 'password_too_common' }]
    vi.mocked(api.confirmRegistration).mockRejectedValue(new ApiError('validation_failed', 422, fields))
    const { page } = await open()
    await fill(page, 'password1234')
    await vi.waitFor(() => expect(page.get('#new-password-error').text()).toContain('Too many people'))
  })

  it('that is dead or not whole leads to a new one', async () => {
    vi.mocked(api.confirmRegistration).mockRejectedValue(new ApiError('link_invalid', 410))
    const { page } = await open()
    await fill(page, 'quite a long one')
    expect(by(page, 'link-problem').attributes('data-problem')).toBe('invalid')
    const other = await open('')
    expect(by(other.page, 'link-problem').attributes('data-problem')).toBe('missing')
  })

  it('has made the account even if the log-in right after it fails', async () => {
    const { page, logIn } = await open()
    logIn.mockRejectedValue(new ApiError('too_many_attempts', 429))
    await fill(page, 'quite a long one')
    expect(has(page, 'registration-done')).toBe(true)
  })
})

describe('the link of a password reset', () => {
  it('sets the password and says so', async () => {
    const path = '/password-reset/confirm'
    const { page, router } = await mountRouted(PasswordResetConfirmView, { path })
    await router.replace({ path, hash: '#token=t-2' })
    await by(page, 'password').setValue('quite a long one')
    await send(page)
    expect(api.confirmReset).toHaveBeenCalledWith('t-2', 'quite a long one')
    expect(has(page, 'reset-done')).toBe(true)
    expect(router.currentRoute.value.hash).toBe('')
  })
})
