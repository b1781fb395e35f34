import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { ApiError } from '@/core/http/problem'
import { mountPage, mountRouted } from '@/test/mountPage'
import * as api from '../api/providers'
import { noAnswer } from '../store/answer'
import { createDrafts } from '../store/drafts'
import { useComposer } from '../store/useComposer'
import { conversation, message } from '../testing'
import ProvidersView from '../views/ProvidersView.vue'
import ComposerBox from './ComposerBox.vue'
import ConversationRow from './ConversationRow.vue'
import MessageItem from './MessageItem.vue'
import { isSend } from './typing'

vi.mock('../api/providers')
beforeEach(() => localStorage.clear())
afterEach(() => {
  document.body.replaceChildren()
})

describe('the composer', () => {
  const press = (held: KeyboardEventInit & { keyCode?: number } = {}): KeyboardEvent =>
    new KeyboardEvent('keydown', { key: 'Enter', ...held } as KeyboardEventInit)

  it('sends by Enter, and by no Enter that means something else', () => {
    vi.stubGlobal('matchMedia', () => ({ matches: false }))
    expect(isSend(press())).toBe(true)
    expect(isSend(press({ shiftKey: true }))).toBe(false)
    // The Enter that takes a word from an input method.
    expect(isSend(press({ isComposing: true }))).toBe(false)
    expect(isSend({ ...press(), key: 'Enter', keyCode: 229, shiftKey: false, altKey: false, isComposing: false } as KeyboardEvent)).toBe(false)
    vi.stubGlobal('matchMedia', () => ({ matches: true }))
    expect(isSend(press())).toBe(false)
    expect(isSend(press({ ctrlKey: true }))).toBe(true)
    vi.unstubAllGlobals()
  })

  async function box(isAnswering: boolean) {
    const composer = useComposer(ref(1), createDrafts(7))
    const page = await mountPage(ComposerBox, { composer, isAnswering, isStopping: false })
    return { composer, page }
  }

  it('offers to stop while an answer runs, keeps what is typed and does not send it', async () => {
    const { composer, page } = await box(true)
    await page.get('[data-testid=composer]').setValue('for later')
    await page.get('[data-testid=composer]').trigger('keydown', { key: 'Enter' })
    expect(page.emitted('send')).toBeUndefined()
    expect(composer.text.value).toBe('for later')
    await page.get('[data-testid=stop]').trigger('click')
    expect(page.emitted('stop')).toHaveLength(1)
  })

  it('says what went wrong beside the text, with a way to try again', async () => {
    const { composer, page } = await box(false)
    await page.get('[data-testid=composer]').setValue('hello')
    await composer.submit(() => Promise.reject(new ApiError('bad_gateway', 502)))
    await flushPromises()
    expect(page.get('[data-testid=send-error]').text()).toContain('Your text is still here.')
    await page.get('[data-testid=send-again]').trigger('click')
    expect(page.emitted('send')).toHaveLength(1)
  })

  it('leads to the last question by the arrow, when there is nothing in it', async () => {
    const { page } = await box(false)
    await page.get('[data-testid=composer]').trigger('keydown', { key: 'ArrowUp' })
    expect(page.emitted('editLast')).toHaveLength(1)
    await page.get('[data-testid=composer]').setValue('x')
    await page.get('[data-testid=composer]').trigger('keydown', { key: 'ArrowUp' })
    expect(page.emitted('editLast')).toHaveLength(1)
  })
})

describe('a message', () => {
  const shown = (change: object, props: object = {}) =>
    mountPage(MessageItem, { message: message(2, 1, change), isLast: true, busy: false, ...props })

  it('that waits says how many are before it', async () => {
    const page = await shown({ state: 'running', content: '' }, { live: new Map([[2, { ...noAnswer(), placeInLine: 3 }]]) })
    expect(page.get('[data-testid=waiting]').text()).toBe('3 are answered before you')
    expect(page.find('[data-testid=regenerate]').exists()).toBe(false)
  })

  it('folds what was thought and shows what is said', async () => {
    const page = await shown({ state: 'running', content: '' }, { live: new Map([[2, { ...noAnswer(), thinking: 'Hm.', text: 'Yes' }]]) })
    expect(page.get('details').attributes('open')).toBeUndefined()
    expect(page.get('[data-testid=message-text]').text()).toBe('Yes')
    expect(page.find('[data-testid=waiting]').exists()).toBe(false)
  })

  it('that failed says why, what to do, and tries again', async () => {
    const page = await shown({ state: 'failed', content: '', error: { code: 'model_unreachable', message: 'Off', details: null } })
    expect(page.get('[data-testid=answer-error]').text()).toContain('The model service does not answer.')
    await page.get('[data-testid=retry-answer]').trigger('click')
    expect(page.emitted('regenerate')).toHaveLength(1)
  })

  it('leads to its other versions', async () => {
    const page = await shown({ sibling_ids: [2, 6, 8], id: 6 })
    expect(page.get('[data-testid=version]').text()).toBe('2 / 3')
    await page.get('[data-testid=previous-version]').trigger('click')
    await page.get('[data-testid=next-version]').trigger('click')
    expect(page.emitted('choose')).toEqual([[2], [8]])
  })

  it('of a person is shown as it was typed', async () => {
    const page = await mountPage(MessageItem, {
      message: message(1, null, { content: '<b>*not* Markdown</b>\n  indented' }),
      isLast: false,
      busy: false,
    })
    expect(page.get('[data-testid=message-text]').element.textContent).toBe('<b>*not* Markdown</b>\n  indented')
  })
})

describe('a row of the list', () => {
  it('is renamed by Enter and by leaving the field, and not by Escape', async () => {
    const page = await mountPage(ConversationRow, { conversation: conversation(1), query: '', isCurrent: false, isRenaming: false, items: [] })
    await page.setProps({ isRenaming: true })
    await flushPromises()
    const input = page.get('[data-testid=rename]')
    expect((input.element as HTMLInputElement).value).toBe('Chat 1')
    await input.setValue('  Better ')
    await input.trigger('keydown', { key: 'Enter' })
    expect(page.emitted('rename')).toEqual([['Better']])
    await input.trigger('keydown', { key: 'Escape' })
    expect(page.emitted('cancel')).toHaveLength(1)
  })

  it('marks what was found', async () => {
    const found = conversation(1, { snippet: '…is a **symlink** that moves' })
    const page = await mountPage(ConversationRow, { conversation: found, query: 'SYMLINK', isCurrent: true, isRenaming: false, items: [] })
    expect(page.get('mark').text()).toBe('symlink')
    expect(page.get('[data-testid=snippet]').element.textContent).not.toContain('*')
  })
})

describe('the key of a provider', () => {
  const row = {
    ...{ id: 4, name: 'Far', kind: 'openai', base_url: 'https://example.org/v1', has_key: true, default_model: '', timeout_seconds: 60 },
    ...{ context_tokens: 8192, is_enabled: true, allow_private: false, sort_order: 0, created_at: '2026-11-22T06:00:00Z' },
  }

  async function save(edit: (page: Awaited<ReturnType<typeof mountRouted>>['page']) => Promise<unknown>) {
    vi.mocked(api.listProviders).mockResolvedValue({ items: [row as never], total: 1, total_is_exact: true, page: 1, page_size: 20 })
    vi.mocked(api.changeProvider).mockReset().mockResolvedValue(row as never)
    const { page } = await mountRouted(ProvidersView)
    await page.get('[data-testid=row-edit]').trigger('click')
    await flushPromises()
    await edit(page)
    document.querySelector<HTMLElement>('[data-testid=save-form]')?.click()
    await flushPromises()
    page.unmount()
    return vi.mocked(api.changeProvider).mock.calls[0]
  }
  const type = async (selector: string, value: string): Promise<void> => {
    const input = document.querySelector<HTMLInputElement>(selector) as HTMLInputElement
    input.value = value
    input.dispatchEvent(new Event('input'))
    await flushPromises()
  }

  it('is kept when nothing is typed', async () => {
    expect(await save(() => type('[data-testid=field-name] input', 'Farther'))).toEqual([4, { name: 'Farther' }])
  })

  it('is sent when it is typed anew', async () => {
    expect(await save(() => type('[data-testid=secret]', 'sk-new'))).toEqual([4, { key: 'sk-new' }])
  })

  it('is taken away by null, only when that is asked for', async () => {
    const remove = async () => {
      document.querySelector<HTMLElement>('[data-testid=remove-secret]')?.click()
      await flushPromises()
    }
    expect(await save(remove)).toEqual([4, { key: null }])
  })
})
