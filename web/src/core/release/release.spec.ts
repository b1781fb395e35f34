import { enableAutoUnmount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { mountPage } from '@/test/mountPage'
import { useReleaseNotice } from './release'
import ReleaseNotice from './ReleaseNotice.vue'
import { hasTypedText, watchTyping } from './typed'

enableAutoUnmount(afterEach)
watchTyping()

function type(element: HTMLInputElement, text: string): void {
  element.value = text
  element.dispatchEvent(new Event('input', { bubbles: true }))
}

describe('the notice of a new release', () => {
  beforeEach(() => document.body.replaceChildren())

  it('comes when the server has another release than the first one heard of, and goes when that is back', async () => {
    const page = await mountPage(ReleaseNotice)
    const notice = useReleaseNotice()
    const shown = () => page.find('[data-testid=release-notice]').exists()
    notice.heard('r1')
    await nextTick()
    expect(shown()).toBe(false)
    notice.heard('r2')
    await nextTick()
    expect(shown()).toBe(true)
    notice.heard('r1')
    await nextTick()
    expect(shown()).toBe(false)
  })

  it('is quiet after "later" until yet another release comes', async () => {
    const page = await mountPage(ReleaseNotice)
    const notice = useReleaseNotice()
    notice.heard('r1')
    notice.heard('r2')
    await nextTick()
    await page.get('[data-testid=release-later]').trigger('click')
    expect(page.find('[data-testid=release-notice]').exists()).toBe(false)
    notice.heard('r3')
    await nextTick()
    expect(page.find('[data-testid=release-notice]').exists()).toBe(true)
  })

  it('reloads only when asked to, and asks back while typed text would be lost', async () => {
    const page = await mountPage(ReleaseNotice)
    const notice = useReleaseNotice()
    notice.heard('r1')
    notice.heard('r2')
    await nextTick()
    const input = document.createElement('input')
    document.body.append(input)
    type(input, 'half a sentence')
    await page.get('[data-testid=release-reload]').trigger('click')
    expect(page.emitted('reload')).toBeUndefined()
    expect(page.text()).toContain('not saved')
    await page.get('[data-testid=release-reload]').trigger('click')
    expect(page.emitted('reload')).toHaveLength(1)
  })
})

describe('typed text', () => {
  beforeEach(() => document.body.replaceChildren())

  it('is what a person wrote and did not send', () => {
    document.body.innerHTML = '<form><input id="a"></form><div role="search"><input id="q"></div><input id="c" type="checkbox">'
    const by = (id: string) => document.querySelector<HTMLInputElement>(`#${id}`) as HTMLInputElement
    by('a').value = 'from the server'
    expect(hasTypedText()).toBe(false)
    type(by('q'), 'search')
    type(by('c'), 'on')
    expect(hasTypedText()).toBe(false)
    type(by('a'), 'mine')
    expect(hasTypedText()).toBe(true)
    type(by('a'), '')
    expect(hasTypedText()).toBe(false)
    type(by('a'), 'mine')
    by('a').form?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    expect(hasTypedText()).toBe(false)
  })

  it('is gone with its field, and there where a form says so', () => {
    document.body.innerHTML = '<input id="a">'
    type(document.querySelector('input') as HTMLInputElement, 'mine')
    document.body.replaceChildren()
    expect(hasTypedText()).toBe(false)
    document.body.innerHTML = '<form data-dirty="true"></form>'
    expect(hasTypedText()).toBe(true)
  })
})
