import { mount } from '@vue/test-utils'
import { defineComponent, nextTick, reactive, withDirectives, h } from 'vue'
import { describe, expect, it } from 'vitest'
import type { PermissionLabel } from '@/core/api/permissions'
import { createPermissionDirective } from './vPermission'

const get: PermissionLabel = 'perm:link_check:get'
// Stands for a second label; the back end of this release declares one only.
const other = 'perm:other:get' as PermissionLabel

function mountWith(granted: Set<string>, wanted: PermissionLabel | PermissionLabel[]) {
  const directive = createPermissionDirective((label) => granted.has(label))
  const Page = defineComponent({
    // Reads the rights while rendering, as any page that shows them does.
    setup: () => () => h('div', { 'data-rights': granted.size }, [withDirectives(h('button'), [[directive, wanted]])]),
  })
  return mount(Page).get('button').element
}

const isHidden = (element: HTMLElement) => element.hidden && element.inert && element.style.display === 'none'

describe('v-permission', () => {
  it('hides what is not granted from sight, keyboard and screen reader', () => {
    expect(isHidden(mountWith(new Set(), get))).toBe(true)
  })

  it('shows what is granted', () => {
    const button = mountWith(new Set([get]), get)
    expect([button.hidden, button.inert, button.style.display]).toEqual([false, false, ''])
  })

  it('needs all of several labels', () => {
    expect(isHidden(mountWith(new Set([get]), [get, other]))).toBe(true)
    expect(isHidden(mountWith(new Set([get, other]), [get, other]))).toBe(false)
  })

  it('follows rights that change while the page is open', async () => {
    const granted = reactive(new Set<string>())
    const button = mountWith(granted, get)
    granted.add(get)
    await nextTick()
    expect(isHidden(button)).toBe(false)
    granted.delete(get)
    await nextTick()
    expect(isHidden(button)).toBe(true)
  })
})
