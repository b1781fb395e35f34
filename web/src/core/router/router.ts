import { createRouter, createWebHistory, type RouteLocationNormalized, type Router, type RouterHistory } from 'vue-router'
import type { PermissionLabel } from '@/core/api/permissions'
import { ownRoutes, publicRoutes } from '@/modules/iam/routes'
import { inboxRoutes } from '@/modules/notify/routes'
import { routesFor } from './builtInMenu'
import { menuFollower, type MenuNode } from './menu'

interface Session {
  readonly state: string
  readonly menu: readonly MenuNode[]
  /** The password was set by somebody else and has to be changed before anything else. */
  readonly mustChangePassword: boolean
  can(label: PermissionLabel): boolean
  restore(): Promise<void>
}

/** Where a person wanted to go; anything but a path of this site is refused, so a crafted link cannot lead elsewhere. */
export function targetOf(redirect: unknown): string {
  const wanted = typeof redirect === 'string' && /^\/(?![/\\])/.test(redirect) ? redirect : '/'
  return /^\/login(?:[/?#]|$)/.test(wanted) ? '/' : wanted
}

export function loginFor(route: RouteLocationNormalized, reason?: 'expired') {
  const query: Record<string, string> = {}
  if (route.fullPath !== '/') query.redirect = route.fullPath
  if (reason) query.reason = reason
  return { name: 'login', query }
}

export function createAppRouter(session: () => Session, history: RouterHistory = createWebHistory()): Router {
  const router = createRouter({
    history,
    // What opens over a page or filters it leaves the page where it is; another page of a list begins at its top.
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path && to.query.page === from.query.page ? false : { top: 0 }),
    routes: [
      {
        path: '/login',
        name: 'login',
        component: () => import('@/modules/iam/views/LoginView.vue'),
        meta: { public: true, title: 'iam.login.title' },
      },
      ...publicRoutes,
      {
        path: '/',
        name: 'shell',
        component: () => import('@/layout/ShellLayout.vue'),
        redirect: '/dashboard',
        children: [
          ...ownRoutes,
          ...inboxRoutes,
          {
            path: ':path(.*)*',
            name: 'not-found',
            component: () => import('@/core/states/NotFoundView.vue'),
            meta: { title: 'notFound.title' },
          },
        ],
      },
      {
        // The same page without the shell, reached by name only: the pattern above always matches first.
        path: '/:path(.*)*',
        name: 'public-not-found',
        component: () => import('@/core/states/NotFoundView.vue'),
        meta: { public: true, title: 'notFound.title' },
      },
    ],
  })
  const follow = menuFollower(router, 'shell')

  router.beforeEach(async (to) => {
    await session().restore()
    const { state, menu, mustChangePassword, can } = session()
    // The address was matched against the pages of before: match it anew.
    if (follow(routesFor(menu, can))) return { path: to.path, query: to.query, hash: to.hash, replace: true }
    if (mustChangePassword && state === 'authenticated' && to.name !== 'profile' && !to.meta.public) {
      return { name: 'profile', hash: '#password' }
    }
    if (to.name === 'login' && state === 'authenticated') return targetOf(to.query.redirect)
    if (to.meta.public || state === 'authenticated' || state === 'unreachable') return true
    if (to.name === 'not-found') {
      return { name: 'public-not-found', params: to.params, query: to.query, hash: to.hash, replace: true }
    }
    return loginFor(to)
  })
  return router
}
