import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import { mountRouted } from '@/test/mountPage'
import { options } from '../../api/account'
import * as api from '../../api/profile'
import { useSession } from '../../store/session'
import ActivationCard from './ActivationCard.vue'
import OwnSessionsCard from './OwnSessionsCard.vue'
import PasswordCard from './PasswordCard.vue'

vi.mock('../../api/account')
vi.mock('../../api/profile')
enableAutoUnmount(afterEach)

const session = (id: string, is_current: boolean): api.OwnSession => ({
  id,
  is_current,
  is_remembered: false,
  client_network: '192.0.2.1',
  user_agent: 'curl/8',
  created_at: '2026-11-22T01:00:00Z',
  refreshed_at: '2026-11-22T02:00:00Z',
  expires_at: '2026-11-23T02:00:00Z',
})

beforeEach(() => {
  vi.resetAllMocks()
  vi.mocked(options).mockRejectedValue(new ApiError('network_unreachable', 0))
})

describe('the own sessions', () => {
  it('mark this one and end the others, which are gone afterwards', async () => {
    vi.mocked(api.ownSessions).mockResolvedValueOnce([session('a', true), session('b', false)]).mockResolvedValue([session('a', true)])
    const { page } = await mountRouted(OwnSessionsCard)
    expect(page.findAll('[data-testid=this-session]')).toHaveLength(1)
    expect(page.get('[data-testid=this-session]').find('button').exists()).toBe(false)
    await page.get('[data-testid=end-others]').trigger('click')
    await flushPromises()
    expect(api.endOtherSessions).toHaveBeenCalledTimes(1)
    expect(page.find('[data-testid=other-session]').exists()).toBe(false)
  })

  it('end one by its id', async () => {
    vi.mocked(api.ownSessions).mockResolvedValue([session('a', true), session('b', false)])
    const { page } = await mountRouted(OwnSessionsCard)
    await page.get('[data-testid=other-session] button').trigger('click')
    expect(api.endSession).toHaveBeenCalledWith('b')
  })
})

describe('the own password', () => {
  it('is changed, and a wrong current one is said at its field', async () => {
    const fields = [{ loc: ['body', 'current_password'], message: 'x', code: 'password_wrong' }]
    vi.mocked(api.changePassword).mockRejectedValueOnce(new ApiError('validation_failed', 422, fields))
    const { page } = await mountRouted(PasswordCard)
    vi.spyOn(useSession(), 'loadMe').mockResolvedValue()
    await page.get('#current-password').setValue('old one')
    await page.get('#wanted-password').setValue('a long enough one')
    await page.get('form').trigger('submit')
    await vi.waitFor(() => expect(page.get('#current-password-error').text()).toContain('not your current'))
    expect(page.find('[data-testid=password-changed]').exists()).toBe(false)
    await page.get('form').trigger('submit')
    await vi.waitFor(() => expect(page.find('[data-testid=password-changed]').exists()).toBe(true))
    expect(api.changePassword).toHaveBeenLastCalledWith('old one', 'a long enough one')
    expect((page.get('#wanted-password').element as HTMLInputElement).value).toBe('')
  })
})

describe('the activation', () => {
  it('shows its deadline and says at the field that a code is not known', async () => {
    vi.mocked(api.ownActivation).mockResolvedValue({ is_active: true, deadline: '2099-01-01T00:00:00Z', redeemed: [] })
    vi.mocked(api.redeem).mockRejectedValue(new ApiError('activation_code_invalid', 404))
    const { page } = await mountRouted(ActivationCard)
    expect(page.get('[data-testid=activation-deadline]').text()).toContain('Active')
    await page.get('[data-testid=activation-code]').setValue('X')
    await page.get('form').trigger('submit')
    await vi.waitFor(() => expect(page.get('#activation-code-error').text()).toContain('not known'))
  })
})
