import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { confirmDestroy } from '@/core/list/confirmDestroy'
import { mountRouted } from '@/test/mountPage'
import * as parameters from '../api/parameters'
import * as bin from '../api/recycleBin'
import ParametersView from './ParametersView.vue'
import RecycleBinView from './RecycleBinView.vue'

vi.mock('../api/parameters')
vi.mock('../api/recycleBin')
vi.mock('@/core/list/confirmDestroy')
enableAutoUnmount(afterEach)
beforeEach(() => vi.resetAllMocks())

const parameter = (id: number, rest: Partial<parameters.Parameter> = {}): parameters.Parameter => ({
  id,
  key: `some.key_${id}`,
  name: `Parameter ${id}`,
  value: 'x',
  value_type: 'string',
  default_value: null,
  description: '',
  is_builtin: false,
  is_secret: false,
  created_at: '2026-11-22T01:00:00Z',
  creator_id: null,
  creator_name: null,
  modifier_id: null,
  modifier_name: null,
  modifier_time: null,
  ...rest,
})
const page = <T>(items: T[]) => ({ items, total: items.length, total_is_exact: true, page: 1, page_size: 20 })
const inBody = (selector: string) => document.body.querySelector<HTMLElement>(selector)

async function openForm(rows: parameters.Parameter[]) {
  vi.mocked(parameters.listParameters).mockResolvedValue(page(rows))
  vi.mocked(parameters.changeParameter).mockResolvedValue(parameter(1))
  const mounted = await mountRouted(ParametersView, { path: '/parameters' })
  await mounted.page.get('[aria-label^="Edit"]').trigger('click')
  await flushPromises()
  return mounted.page
}
const save = async () => {
  inBody('[data-testid=form-drawer] form, form')?.dispatchEvent(new Event('submit', { cancelable: true }))
  await flushPromises()
}

describe('parameters', () => {
  it('never show a secret, and keep it when nothing is typed', async () => {
    const list = await openForm([parameter(1, { is_secret: true, value: null })])
    expect(list.text()).toContain('••••••')
    expect(inBody('input[data-testid=value]')?.getAttribute('type')).toBe('password')
    await save()
    expect(parameters.changeParameter).toHaveBeenCalledTimes(1)
    expect(vi.mocked(parameters.changeParameter).mock.calls[0]?.[1]).not.toHaveProperty('value')
  })

  it('that are built in offer their value only, and the way back to the default', async () => {
    const builtin = parameter(1, { key: 'password.history', is_builtin: true, value_type: 'integer', value: '8', default_value: '5' })
    const list = await openForm([builtin])
    expect(document.body.textContent).toContain('Passwords remembered')
    expect(document.body.textContent).not.toContain('Is never shown again')
    await list.get('[aria-label^="Reset"]').trigger('click')
    await flushPromises()
    expect(parameters.changeParameter).toHaveBeenCalledWith(1, { value: '5' })
    expect(list.find('[aria-label^="Delete"]').exists()).toBe(false)
  })
})

describe('the recycle bin', () => {
  const rows = [{ id: 4, title: 'Old role', deleted_at: '2026-11-22T01:00:00Z', deleted_by: 'mei' }]

  beforeEach(() => {
    vi.mocked(bin.listDeleted).mockResolvedValue(page(rows))
    vi.mocked(bin.bins).mockResolvedValue([
      { resource: 'users', title: 'users', count: 0, count_is_exact: true },
      { resource: 'roles', title: 'roles', count: 1, count_is_exact: true },
    ])
  })

  it('shows what holds something, and brings it back', async () => {
    const { page: view } = await mountRouted(RecycleBinView, { path: '/recycle-bin' })
    await flushPromises()
    expect(view.find('[data-testid=bin-users]').exists()).toBe(false)
    expect(view.get('[data-testid=bin-roles]').text()).toMatch(/Roles\s*1/)
    await view.get('[aria-label^="Restore"]').trigger('click')
    await flushPromises()
    expect(bin.restoreDeleted).toHaveBeenCalledWith('roles', [4])
  })

  it('names what it destroys, and destroys nothing without a yes', async () => {
    const { page: view } = await mountRouted(RecycleBinView, { path: '/recycle-bin' })
    await flushPromises()
    vi.mocked(confirmDestroy).mockResolvedValueOnce(false).mockResolvedValueOnce(true)
    await view.get('[aria-label^="Remove for good"]').trigger('click')
    await flushPromises()
    expect(confirmDestroy).toHaveBeenCalledWith(expect.objectContaining({ names: ['Old role'] }))
    expect(bin.purgeDeleted).not.toHaveBeenCalled()
    await view.get('[aria-label^="Remove for good"]').trigger('click')
    await flushPromises()
    expect(bin.purgeDeleted).toHaveBeenCalledWith('roles', [4])
  })

  it('that is empty says so', async () => {
    vi.mocked(bin.bins).mockResolvedValue([{ resource: 'roles', title: 'roles', count: 0, count_is_exact: true }])
    const { page: view } = await mountRouted(RecycleBinView, { path: '/recycle-bin' })
    expect(view.find('[data-testid=bin-empty]').exists()).toBe(true)
  })
})
