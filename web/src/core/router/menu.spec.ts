import { createMemoryHistory, createRouter } from 'vue-router'
import { describe, expect, it } from 'vitest'
import type { PermissionLabel } from '@/core/api/permissions'
import { builtInMenu } from './builtInMenu'
import { installMenu, menuRoutes, viewLoader, visibleMenu, type MenuNode } from './menu'

const tree: MenuNode[] = [
  {
    name: 'administration',
    path: '/administration',
    title: 'Administration',
    icon: 'x',
    children: [
      { name: 'checks', path: '/checks', title: 'Checks', icon: 'x', view: 'system/SystemView', permission: 'perm:link_check:get' },
    ],
  },
]

describe('menu', () => {
  it('turns a tree of the server into routes below the shell, and takes them back', () => {
    const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', name: 'shell', children: [] }] })
    const remove = installMenu(router, 'shell', tree)
    expect(router.resolve('/checks')).toMatchObject({ name: 'checks', meta: { permission: 'perm:link_check:get' } })
    expect(router.hasRoute('administration')).toBe(false)
    remove()
    expect(router.hasRoute('checks')).toBe(false)
  })

  it('shows only what is granted, and no group that is empty', () => {
    expect(visibleMenu(tree, () => true)[0]?.children).toHaveLength(1)
    expect(visibleMenu(tree, () => false)).toEqual([])
    expect(visibleMenu(builtInMenu.map((node) => ({ ...node, hidden: true })), () => true)).toEqual([])
  })

  it('names only views that exist', () => {
    expect(menuRoutes(builtInMenu)).toHaveLength(2)
    expect(() => viewLoader('system/NoSuchView')).toThrow(/NoSuchView/)
    expect(() => viewLoader('../../main')).toThrow()
  })

  it('asks for labels that the back end declares', () => {
    const asked: PermissionLabel[] = builtInMenu.flatMap((node) => node.permission ?? [])
    expect(asked).toEqual(['perm:link_check:get'])
  })
})
