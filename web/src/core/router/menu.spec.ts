import { createMemoryHistory, createRouter } from 'vue-router'
import { describe, expect, it } from 'vitest'
import { permissionLabels } from '@/core/api/permissions'
import { dashboard, knownPages, routesFor } from './builtInMenu'
import { menuFollower, menuRoutes, unknownViews, viewNames, visibleMenu, type MenuNode } from './menu'

const page = (name: string, more: Partial<MenuNode> = {}): MenuNode => ({
  name,
  path: `/${name}`,
  title: name,
  icon: 'x',
  view: 'system/SystemView',
  ...more,
})
const tree: MenuNode[] = [
  { ...page('administration'), view: '', children: [page('checks', { permission: 'perm:link_check:get' })] },
]
const shellRouter = () =>
  createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/login', name: 'login', component: {} },
      { path: '/', name: 'shell', component: {}, children: [] },
    ],
  })

describe('the menu', () => {
  it('turns a tree of the server into routes below the shell, and takes them back', () => {
    const router = shellRouter()
    const follow = menuFollower(router, 'shell')
    expect(follow(tree)).toBe(true)
    expect(router.resolve('/checks')).toMatchObject({ name: 'checks', meta: { permission: 'perm:link_check:get' } })
    expect(router.hasRoute('administration')).toBe(false)
    expect(follow([])).toBe(true)
    expect(router.hasRoute('checks')).toBe(false)
  })

  it('does not touch what stays the same', () => {
    const router = shellRouter()
    const follow = menuFollower(router, 'shell')
    follow([page('a'), page('b')])
    const before = router.resolve('/a').matched.at(-1)
    expect(follow([page('a'), page('b')])).toBe(false)
    expect(follow([page('a'), page('c')])).toBe(true)
    expect(router.resolve('/a').matched.at(-1)).toBe(before)
    expect(router.hasRoute('b')).toBe(false)
  })

  it('leaves out views that this release does not have, instead of failing', () => {
    const odd = [page('new', { view: 'system/NoSuchView' }), page('up', { view: '../../main' }), page('fine')]
    expect(menuRoutes(odd).map(({ name }) => name)).toEqual(['fine'])
    expect(visibleMenu(odd, () => true).map(({ name }) => name)).toEqual(['fine'])
    expect(unknownViews(odd).map(({ name }) => name)).toEqual(['new', 'up'])
  })

  it('lets no entry take the place of a page of the product, or catch the addresses of others', () => {
    const router = shellRouter()
    menuFollower(router, 'shell')([page('login'), page('other', { path: '/login' }), page('all', { path: '/:path(.*)*' })])
    expect(router.resolve('/login')).toMatchObject({ name: 'login' })
    expect(router.hasRoute('other')).toBe(false)
    expect(router.hasRoute('all')).toBe(false)
  })

  it('shows only what is granted, and no group that is empty', () => {
    expect(visibleMenu(tree, () => true)[0]?.children).toHaveLength(1)
    expect(visibleMenu(tree, () => false)).toEqual([])
    expect(visibleMenu([page('a', { hidden: true })], () => true)).toEqual([])
  })
})

describe('the routes of somebody', () => {
  const names = (nodes: MenuNode[]) => nodes.map(({ name }) => name)

  it('are the tree, the dashboard, and the known pages that lack a right', () => {
    const mine = names(routesFor(tree, (label) => label === 'perm:user:get'))
    expect(mine).toContain('dashboard')
    expect(mine).toContain('roles')
    // The right is there but no menu grants the page: then it does not exist for this person.
    expect(mine).not.toContain('users')
    expect(names(routesFor(tree, () => true))).toEqual(['administration', 'dashboard', 'jobs'])
  })

  it('prefer what the server says of an address', () => {
    const own = page('people', { path: '/users', title: 'People' })
    expect(routesFor([own], () => false).filter(({ path }) => path === '/users')).toEqual([own])
    expect(routesFor([dashboard], () => true).filter(({ path }) => path === '/dashboard')).toEqual([dashboard])
  })

  it('name views and labels that exist', () => {
    expect(knownPages.filter(({ permission }) => !permission || !permissionLabels.includes(permission))).toEqual([])
    expect(knownPages.filter(({ view }) => !view || !viewNames().includes(view))).toEqual([])
  })
})
