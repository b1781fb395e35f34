import type { RouteRecordRaw } from 'vue-router'

/** Below the shell, for everybody who is in: the bell leads there, and no menu has to grant it. */
export const inboxRoutes: RouteRecordRaw[] = [
  {
    path: '/inbox',
    name: 'inbox',
    component: () => import('./views/InboxView.vue'),
    meta: { title: 'notify.menu.inbox' },
  },
]
