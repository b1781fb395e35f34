import type { RouteRecordRaw } from 'vue-router'

/** Pages for those who are not in: an account or a password by mail. */
export const publicRoutes: RouteRecordRaw[] = [
  {
    path: '/register',
    name: 'register',
    component: () => import('./views/RegisterView.vue'),
    meta: { public: true, title: 'iam.register.title' },
  },
  {
    path: '/register/confirm',
    name: 'register-confirm',
    component: () => import('./views/RegisterConfirmView.vue'),
    meta: { public: true, title: 'iam.register.title' },
  },
  {
    path: '/password-reset',
    name: 'password-reset',
    component: () => import('./views/PasswordResetView.vue'),
    meta: { public: true, title: 'iam.reset.title' },
  },
  {
    path: '/password-reset/confirm',
    name: 'password-reset-confirm',
    component: () => import('./views/PasswordResetConfirmView.vue'),
    meta: { public: true, title: 'iam.reset.confirmTitle' },
  },
]

/** Below the shell, for everybody who is in; no menu has to grant it. */
export const ownRoutes: RouteRecordRaw[] = [
  {
    path: '/profile',
    name: 'profile',
    component: () => import('./views/ProfileView.vue'),
    meta: { title: 'iam.profile.title' },
  },
]
