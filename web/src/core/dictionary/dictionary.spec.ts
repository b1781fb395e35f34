import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { defineComponent, h } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { get } from '@/core/http/client'
import { ApiError } from '@/core/http/problem'
import { i18n, useLocale } from '@/core/i18n/i18n'
import { useDictionaries } from './dictionary'
import DictionarySelect from './DictionarySelect.vue'
import DictionaryTag from './DictionaryTag.vue'

vi.mock('@/core/http/client')
enableAutoUnmount(afterEach)
const entry = (value: string, rest = {}) => ({ value, label: value.toUpperCase(), colour: 'default', is_default: false, ...rest })
const answers = {
  outcome: [entry('success', { label: 'dictionary.outcome.success', colour: 'success' })],
  size: [entry('s'), entry('m', { is_default: true })],
}

const show = (code: string, ...values: string[]) =>
  mount(defineComponent({ render: () => values.map((value) => h(DictionaryTag, { code, value })) }), {
    global: { plugins: [i18n] },
  })

beforeEach(async () => {
  setActivePinia(createPinia())
  await useLocale('en')
  vi.mocked(get).mockReset().mockResolvedValue(answers as never)
})

describe('dictionaries', () => {
  it('of one page are asked for together, once, and shown in the reader’s language', async () => {
    const tags = show('outcome', 'success', 'success')
    show('size', 's')
    await flushPromises()
    expect(get).toHaveBeenCalledTimes(1)
    expect(vi.mocked(get).mock.calls[0]?.[1]).toMatchObject({ params: { codes: 'outcome,size' } })
    expect(tags.text()).toBe('WorkedWorked')
    expect(tags.find('.success').exists()).toBe(true)
    await useLocale('zh-CN')
    await flushPromises()
    expect(tags.text()).toBe('成功成功')
  })

  it('leave a value that they do not know as it is', async () => {
    const tags = show('size', 'xxl')
    await flushPromises()
    expect(tags.text()).toBe('xxl')
  })

  it('are asked for again after a failure and after a change', async () => {
    vi.mocked(get).mockRejectedValueOnce(new ApiError('network_unreachable', 0))
    show('size', 's')
    await flushPromises()
    const tags = show('size', 's')
    await flushPromises()
    expect(get).toHaveBeenCalledTimes(2)
    expect(tags.text()).toBe('S')
    show('size', 's')
    await flushPromises()
    expect(get).toHaveBeenCalledTimes(2)
    useDictionaries().forget()
    show('size', 's')
    await flushPromises()
    expect(get).toHaveBeenCalledTimes(3)
  })

  it('give a form their default, and never change what is there', async () => {
    const select = (modelValue: string) =>
      mount(DictionarySelect, { props: { code: 'size', label: 'Size', withDefault: true, modelValue }, global: { plugins: [i18n] } })
    const empty = select('')
    const kept = select('gone')
    await flushPromises()
    expect(empty.emitted('update:modelValue')).toEqual([['m']])
    expect(kept.emitted('update:modelValue')).toBeUndefined()
  })
})
