import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import type { Component } from 'vue'
import { createMemoryHistory, createRouter, RouterView, type Router } from 'vue-router'
import { i18n, useLocale, type Locale } from '@/core/i18n/i18n'
import { canKey, type Can } from '@/core/permission/can'
import { createPermissionDirective, createRoleDirective } from '@/core/permission/vPermission'

/** Mounts a component with real messages and a fresh store, attached to the document so that focus works. */
export async function mountPage(
  component: Component,
  props: Record<string, unknown> = {},
  locale: Locale = 'en',
): Promise<VueWrapper> {
  setActivePinia(createPinia())
  await useLocale(locale)
  return mount(component, { props, attachTo: document.body, global: { plugins: [i18n] } })
}

/** The same below a router at `path`, as a page of the product is: with an address, leave guards and rights. */
export async function mountRouted(
  component: Component,
  { path = '/', locale = 'en', can = () => true }: { path?: string; locale?: Locale; can?: Can } = {},
): Promise<{ page: VueWrapper; router: Router }> {
  setActivePinia(createPinia())
  await useLocale(locale)
  const elsewhere = { path: '/:path(.*)*', component: { render: () => null } }
  const own = path.split('?')[0] ?? '/'
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: own, component }, elsewhere] })
  await router.push(path)
  const page = mount(RouterView, {
    attachTo: document.body,
    global: {
      plugins: [i18n, router],
      provide: { [canKey as symbol]: can },
      directives: { permission: createPermissionDirective(can), role: createRoleDirective(() => true) },
    },
  })
  await flushPromises()
  return { page, router }
}
