import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import type { Component } from 'vue'
import { i18n, useLocale, type Locale } from '@/core/i18n/i18n'

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
