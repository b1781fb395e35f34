import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { permissionLabels } from '@/core/api/permissions'
import en from '@/core/i18n/messages/en'
import { findPeople } from '@/core/list/people'
import { mountRouted } from '@/test/mountPage'
import * as account from '../api/account'
import * as menus from '../api/menus'
import * as permissions from '../api/permissions'
import * as roles from '../api/roles'
import * as users from '../api/users'
import { hanging, moved, parentsFor } from '../components/menus/menuTree'
import { resourceOf } from '../components/menus/useQuickAdd'
import { toBody } from '../components/users/useUserForm'
import MenusView from './MenusView.vue'
import PermissionsView from './PermissionsView.vue'
import UsersView from './UsersView.vue'

vi.mock('@/core/list/people')
vi.mock('../api/account')
vi.mock('../api/menus')
vi.mock('../api/permissions')
vi.mock('../api/roles')
vi.mock('../api/users')
enableAutoUnmount(afterEach)

const audit = { created_at: '2026-11-22T02:00:00Z', creator_id: 1, creator_name: 'Root', modifier_id: null, modifier_name: null, modifier_time: null }
const user = (id: number, more: Partial<users.User> = {}): users.User => ({
  ...audit,
  id,
  username: `user${id}`,
  display_name: `User ${id}`,
  email: null,
  is_active: true,
  is_administrator: false,
  is_locked: false,
  must_change_password: false,
  roles: [],
  last_login_at: null,
  avatar_url: null,
  ...more,
})
const menu = (id: number, parent_id: number | null, kind: menus.Menu['kind'], title: string, more: Partial<menus.Menu> = {}): menus.Menu => ({
  ...audit,
  id,
  parent_id,
  kind,
  title,
  name: title.toLowerCase(),
  path: '',
  icon: '',
  view: kind === 'page' ? 'system/SystemView' : '',
  permission: kind === 'button' ? 'perm:user:create' : null,
  sort_order: 0,
  is_visible: true,
  is_enabled: true,
  ...more,
})
const tree = [menu(1, null, 'directory', 'People'), menu(2, 1, 'page', 'Users'), menu(3, 2, 'button', 'Make'), menu(4, 1, 'page', 'Gone', { view: 'x/Gone' })]

beforeEach(() => {
  vi.mocked(account.options).mockResolvedValue({ password_min_length: 10 } as Awaited<ReturnType<typeof account.options>>)
  vi.mocked(roles.roleOptions).mockResolvedValue([])
  vi.mocked(menus.allMenus).mockResolvedValue(tree)
  vi.mocked(findPeople).mockResolvedValue([])
})

describe('users', () => {
  beforeEach(() => {
    const items = [user(1, { is_administrator: true }), user(2, { is_locked: true })]
    vi.mocked(users.listUsers).mockResolvedValue({ items, total: 100_000, total_is_exact: false, page: 1, page_size: 20 })
  })

  // One mount for all of it: five selects are slow where nothing is drawn.
  it('says that there are more than were counted, leaves administrators to administrators, and unlocks', { timeout: 30_000 }, async () => {
    const { page } = await mountRouted(UsersView, { path: '/users' })
    expect(page.get('[data-testid=list-total]').text()).toBe('1–2 of 100,000+')
    expect(page.get('[data-testid=item-1]').find('[data-testid=row-edit]').exists()).toBe(false)
    await page.get('[data-testid=item-2]').get('[data-testid=row-unlock]').trigger('click')
    expect(users.unlockUser).toHaveBeenCalledWith(2)
  })

  it('sends ids as numbers, no empty address and no empty password', () => {
    expect(toBody({ username: 'a', display_name: ' ', email: ' ', roles: ['3', '4'], password: '' })).toEqual({
      username: 'a',
      display_name: 'a',
      email: null,
      role_ids: [3, 4],
    })
    expect(toBody({ is_active: false })).toEqual({ is_active: false })
  })
})

describe('menus', () => {
  it('begin with folded pages, and show what a search finds with what is above it', async () => {
    const { page, router } = await mountRouted(MenusView, { path: '/menus' })
    const shown = () => page.findAll('tbody tr').map((row) => row.attributes('data-testid'))
    expect(shown()).toEqual(['item-1', 'item-2', 'item-4'])
    await router.replace('/menus?q=make')
    await flushPromises()
    expect(shown()).toEqual(['item-1', 'item-2', 'item-3'])
  })

  it('mark a view that this release does not have', async () => {
    const { page } = await mountRouted(MenusView, { path: '/menus' })
    expect(page.get('[data-testid=item-4]').text()).toContain('No such view')
    expect(page.get('[data-testid=item-2]').text()).not.toContain('No such view')
  })

  it('know what hangs on them and where they may hang', () => {
    expect(hanging(tree, 1).map(({ id }) => id)).toEqual([2, 3, 4])
    expect(parentsFor(tree, 'button', null).map(({ id }) => id)).toEqual([2, 4])
    expect(parentsFor(tree, 'directory', 1)).toEqual([])
  })

  it('move among their siblings alone, and send only what changes', () => {
    const siblings = [menu(1, null, 'page', 'A', { sort_order: 10 }), menu(2, null, 'page', 'B', { sort_order: 20 }), menu(3, null, 'page', 'C', { sort_order: 30 })]
    const [first, second] = siblings as [menus.Menu, menus.Menu]
    expect(moved(siblings, second, -1)).toEqual([
      { id: 2, sort_order: 10 },
      { id: 1, sort_order: 20 },
    ])
    expect(moved(siblings, first, -1)).toEqual([])
  })

  it('guess the resource from the name', () => {
    expect([resourceOf('customers'), resourceOf('sales-orders'), resourceOf('companies')]).toEqual(['customer', 'sales_order', 'company'])
  })
})

describe('permissions', () => {
  it('answer why, in words', async () => {
    const label = 'perm:user:create'
    vi.mocked(permissions.allPermissions).mockResolvedValue([{ label, meaning: 'Create users', module: 'user', menus: [], roles: [] }])
    vi.mocked(permissions.why).mockResolvedValue({
      user_id: 2,
      username: 'user2',
      display_name: 'User 2',
      label,
      meaning: 'Create users',
      granted: false,
      reasons: [{ code: 'role_disabled', grants: false, role: { id: 7, name: 'Clerks' }, menus: [{ id: 3, title: 'Make' }], disabled: null }],
    })
    const { page } = await mountRouted(PermissionsView, { path: `/permissions?user_id=2&label=${label}` })
    expect(page.get('[data-testid=why-answer]').attributes('data-granted')).toBe('false')
    expect(page.get('[data-testid=why-answer]').text()).toContain('The role “Clerks” ticks “Make”, but the role is disabled.')
  })

  it('have words of their own for every label of this release', () => {
    const known = en.permission as Record<string, Record<string, string>>
    const silent = permissionLabels.filter((label) => !known[label.split(':')[1] ?? '']?.[label.split(':')[2] ?? ''])
    expect(silent).toEqual([])
  })
})
