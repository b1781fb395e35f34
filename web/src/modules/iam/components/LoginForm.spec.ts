import { enableAutoUnmount, flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useLocale } from '@/core/i18n/i18n'
import { ApiError } from '@/core/http/problem'
import { mountPage } from '@/test/mountPage'
import * as api from '../api/auth'
import LoginForm from './LoginForm.vue'

vi.mock('../api/auth')
enableAutoUnmount(afterEach)

const by = (page: VueWrapper, id: string) => page.get(`[data-testid=${id}]`)

async function fillAndSend(page: VueWrapper): Promise<void> {
  await by(page, 'username').setValue(' mei ')
  await by(page, 'password').setValue('p4ss')
  await page.get('form').trigger('submit')
  await flushPromises()
}

describe('LoginForm', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    vi.mocked(api.logIn).mockReset().mockResolvedValue({ access_token: 't', token_type: 'bearer', expires_in: 900 })
    vi.mocked(api.whoAmI)
      .mockReset()
      .mockResolvedValue({
        id: 1,
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
      })
  })
  afterEach(() => vi.useRealTimers())

  it('sends what was typed and says so when it worked', async () => {
    const page = await mountPage(LoginForm)
    await page.get('input[type=checkbox]').setValue(true)
    await fillAndSend(page)
    expect(api.logIn).toHaveBeenCalledWith({ username: 'mei', password: 'p4ss', remember: true })
    expect(page.emitted('loggedIn')).toHaveLength(1)
    expect((by(page, 'password').element as HTMLInputElement).value).toBe('')
  })

  it('asks nobody when a field is empty, and goes to it', async () => {
    const page = await mountPage(LoginForm)
    ;(by(page, 'password').element as HTMLInputElement).focus()
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(api.logIn).not.toHaveBeenCalled()
    await vi.waitFor(() => {
      expect(page.get('#username-error').text()).toBe('Enter your user name.')
      expect(page.get('#password-error').text()).toBe('Enter your password.')
    })
    expect(document.activeElement).toBe(by(page, 'username').element)
  })

  it('says what is wrong, in the language of the moment, and lets the password be retyped at once', async () => {
    vi.mocked(api.logIn).mockRejectedValue(new ApiError('invalid_credentials', 401))
    const page = await mountPage(LoginForm)
    await fillAndSend(page)
    expect(by(page, 'login-error').text()).toBe('User name or password is wrong.')
    expect(page.emitted('loggedIn')).toBeUndefined()
    await useLocale('zh-CN')
    await flushPromises()
    expect(by(page, 'login-error').text()).toBe('用户名或密码错误。')
  })

  it('counts the seconds of a limit down and then lets one try again', async () => {
    vi.mocked(api.logIn).mockRejectedValueOnce(new ApiError('too_many_attempts', 429, [], 62))
    const page = await mountPage(LoginForm)
    await fillAndSend(page)
    expect(by(page, 'login-error').text()).toContain('1 min 2 s')
    expect(by(page, 'submit').attributes('disabled')).toBeDefined()
    await page.get('form').trigger('submit')
    expect(api.logIn).toHaveBeenCalledTimes(1)

    await vi.advanceTimersByTimeAsync(60_000)
    expect(by(page, 'login-error').text()).toContain('again in 2 s')
    await vi.advanceTimersByTimeAsync(2_000)
    expect(page.find('[data-testid=login-error]').exists()).toBe(false)
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(api.logIn).toHaveBeenCalledTimes(2)
  })

  it('puts a refused value beside its field', async () => {
    const fields = [{ loc: ['body', 'username'], message: 'too long', code: 'string_too_long' }]
    vi.mocked(api.logIn).mockRejectedValue(new ApiError('validation_failed', 422, fields))
    const page = await mountPage(LoginForm)
    await fillAndSend(page)
    await vi.waitFor(() => expect(page.get('#username-error').text()).toBe('This is too long.'))
  })

  it('shows and hides the password', async () => {
    const page = await mountPage(LoginForm)
    const reveal = by(page, 'reveal-password')
    expect(reveal.attributes()).toMatchObject({ 'aria-label': 'Show the password', 'aria-pressed': 'false' })
    await reveal.trigger('click')
    expect(by(page, 'password').attributes('type')).toBe('text')
    expect(reveal.attributes('aria-pressed')).toBe('true')
  })

  it('warns of Caps Lock', async () => {
    const page = await mountPage(LoginForm)
    const press = (on: boolean) => {
      const event = new KeyboardEvent('keydown', { key: 'a' })
      vi.spyOn(event, 'getModifierState').mockReturnValue(on)
      by(page, 'password').element.dispatchEvent(event)
      return flushPromises()
    }
    await press(true)
    expect(by(page, 'caps-lock').text()).toBe('Caps Lock is on.')
    await press(false)
    expect(by(page, 'caps-lock').text()).toBe('')
  })
})
