import type { MenuNode } from './menu'

export const builtInMenu: readonly MenuNode[] = [
  { name: 'dashboard', path: '/dashboard', title: 'system.menu.dashboard', icon: 'dashboard', view: 'system/DashboardView' },
  {
    name: 'system',
    path: '/system',
    title: 'system.menu.system',
    icon: 'system',
    view: 'system/SystemView',
    permission: 'perm:link_check:get',
  },
]
