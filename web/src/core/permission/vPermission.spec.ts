import { mount } from '@vue/test-utils'
import { defineComponent, nextTick, reactive, withDirectives, h } from 'vue'
import { describe, expect, it } from 'vitest'
import type { PermissionLabel } from '@/core/api/permissions'
import { createPermissionDirective, createRoleDirective } from './vPermission'

const get: PermissionLabel = 'perm:link_check:get'
const other: PermissionLabel = 'perm:user:get'

function mountWith(granted: Set<string>, wanted: PermissionLabel | PermissionLabel[], modifiers = {}) {
  const directive = createPermissionDirective((label) => granted.has(label))
  const Page = defineComponent({
    // Renders once: what follows the rights is the directive itself.
    setup: () => () => h('div', [withDirectives(h('button'), [[directive, wanted, '', modifiers]])]),
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

  it('takes one of several with the modifier `any`', () => {
    expect(isHidden(mountWith(new Set([get]), [get, other], { any: true }))).toBe(false)
    expect(isHidden(mountWith(new Set(), [get, other], { any: true }))).toBe(true)
  })
})

describe('v-role', () => {
  it('asks for the code of a role', () => {
    const directive = createRoleDirective((code) => code === 'operator')
    const show = (code: string) => mount({ render: () => withDirectives(h('button'), [[directive, code]]) }).get('button').element
    expect([isHidden(show('operator')), isHidden(show('member'))]).toEqual([false, true])
  })
})
