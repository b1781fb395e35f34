import { enableAutoUnmount, flushPromises, type VueWrapper } from '@vue/test-utils'
import { Box, Trash2 } from '@lucide/vue'
import { defineComponent, h } from 'vue'
import type { Router } from 'vue-router'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import { mountRouted } from '@/test/mountPage'
import ListPage from './ListPage.vue'
import NoticeStack from './NoticeStack.vue'
import type { Column, Filter, ListQuery, Page } from './types'
import { useList, type List } from './useList'
import { useRemoval } from './useRemoval'

interface Thing {
  id: number
  name: string
}

enableAutoUnmount(afterEach)
const things = Array.from({ length: 45 }, (_, index) => ({ id: index + 1, name: `thing ${index + 1}` }))
let present: Thing[]
let list: List<Thing>
let router: Router
const mayDelete = vi.fn(() => true)
const api = {
  ask: vi.fn(async (query: ListQuery): Promise<Page<Thing>> => {
    const found = present.filter(({ name }) => !query.q || name.includes(String(query.q)))
    const start = (query.page - 1) * query.page_size
    return { items: found.slice(start, start + query.page_size), total: found.length, total_is_exact: true, page: query.page, page_size: query.page_size }
  }),
  remove: vi.fn(async (ids: number[]) => {
    present = present.filter(({ id }) => !ids.includes(id))
  }),
  restore: vi.fn(async (ids: number[]) => {
    present = things.filter(({ id }) => ids.includes(id) || present.some((one) => one.id === id))
  }),
}
const filters: Filter[] = [
  { kind: 'search', key: 'q', label: 'list.search' },
  { kind: 'select', key: 'kind', label: 'list.page', options: () => [] },
]
const columns: Column<Thing>[] = [{ key: 'name', label: 'list.page', text: ({ name }) => name, sort: 'name', card: 'title' }]

const View = defineComponent({
  setup() {
    list = useList<Thing>({ ask: api.ask, filters })
    const { remove } = useRemoval<Thing>({ remove: api.remove, restore: api.restore, nameOf: ({ name }) => name, reload: list.load })
    const action = { key: 'delete', label: 'list.undo', icon: Trash2, permission: 'perm:user:delete', danger: true } as const
    return () => [
      h(ListPage<Thing>, {
        list,
        title: 'Things',
        columns,
        nameOf: ({ name }: Thing) => name,
        batchActions: [{ ...action, run: remove }],
        rowActions: [{ ...action, run: (row: Thing) => remove([row]) }],
        empty: { icon: Box, title: 'No things', text: 'Make one.' },
      }),
      h(NoticeStack),
    ]
  },
})

async function open(path = '/things'): Promise<VueWrapper> {
  const mounted = await mountRouted(View, { path, can: mayDelete })
  router = mounted.router
  return mounted.page
}

const by = (page: VueWrapper, id: string) => page.get(`[data-testid=${id}]`)
const shown = (page: VueWrapper) => page.findAll('tbody tr').map((row) => row.text())
const asked = () => api.ask.mock.lastCall?.[0]

describe('a list page', () => {
  beforeEach(() => {
    present = [...things]
    mayDelete.mockReturnValue(true)
    vi.clearAllMocks()
  })

  it('starts where the address says, as after a reload', async () => {
    const page = await open('/things?page=2&sort=-name&q=thing')
    expect(asked()).toEqual({ page: 2, page_size: 20, sort: '-name', q: 'thing' })
    expect(shown(page)).toHaveLength(20)
    expect(by(page, 'list-total').text()).toBe('21–40 of 45')
    expect(page.get('th[aria-sort]').attributes('aria-sort')).toBe('descending')
  })

  it('pages, sorts and goes back with the address', async () => {
    const page = await open()
    await by(page, 'next-page').trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ page: '2' })
    await by(page, 'sort-name').trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ sort: 'name' })
    router.back()
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ page: '2' }))
    await flushPromises()
    expect(asked()).toEqual({ page: 2, page_size: 20 })
  })

  it('asks once for what was typed, from the first page on', async () => {
    const page = await open('/things?page=3')
    vi.useFakeTimers()
    const input = page.get('input[type=search]')
    await input.setValue('thing 1')
    await input.setValue('thing 12')
    await vi.advanceTimersByTimeAsync(299)
    expect(api.ask).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(2)
    vi.useRealTimers()
    await flushPromises()
    expect(api.ask).toHaveBeenCalledTimes(2)
    expect(asked()).toEqual({ page: 1, page_size: 20, q: 'thing 12' })
    expect(shown(page)).toHaveLength(1)
  })

  it('forgets what was typed a moment ago when the filters are cleared', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const page = await open('/things?q=thing')
    const input = page.get<HTMLInputElement>('input[type=search]')
    await input.setValue('thing 4')
    await by(page, 'clear-filters').trigger('click')
    await flushPromises()
    await vi.advanceTimersByTimeAsync(400)
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({})
    expect(input.element.value).toBe('')
    vi.useRealTimers()
  })

  it('tells an empty list from one in which nothing matches, and leads out of both', async () => {
    const page = await open('/things?q=nothing')
    await by(page, 'no-match').get('button').trigger('click')
    await flushPromises()
    expect(shown(page)).toHaveLength(20)
    present = []
    await list.load()
    await flushPromises()
    expect(by(page, 'empty').text()).toContain('Make one.')
  })

  it('keeps the old rows beside the error of a reload', async () => {
    const page = await open()
    api.ask.mockRejectedValueOnce(new ApiError('internal_error', 500))
    await list.load()
    await flushPromises()
    expect(by(page, 'load-error').text()).toContain('mistake')
    expect(shown(page)).toHaveLength(20)
    await by(page, 'load-error').get('button').trigger('click')
    await flushPromises()
    expect(page.find('[data-testid=load-error]').exists()).toBe(false)
  })

  it('deletes what is selected at once, and brings it back', async () => {
    const page = await open('/things?page=3')
    await by(page, 'select-all').setValue(true)
    expect(by(page, 'batch-bar').text()).toContain('5 selected')
    await by(page, 'batch-delete').trigger('click')
    await flushPromises()
    expect(api.remove).toHaveBeenCalledWith([41, 42, 43, 44, 45])
    // The third page is gone with its rows: the last one that is there is shown.
    await vi.waitFor(() => expect(router.currentRoute.value.query).toEqual({ page: '2' }))
    await flushPromises()
    expect(shown(page)).toHaveLength(20)
    expect(page.find('[data-testid=batch-bar]').exists()).toBe(false)
    await by(page, 'undo').trigger('click')
    await flushPromises()
    expect(api.restore).toHaveBeenCalledWith([41, 42, 43, 44, 45])
    expect(list.total).toBe(45)
  })

  it('takes Ctrl+Z for undo, but not in a text that is being typed', async () => {
    const page = await open()
    await page.get('[data-testid=row-delete]').trigger('click')
    await flushPromises()
    await page.get('input[type=search]').trigger('keydown', { key: 'z', ctrlKey: true })
    await flushPromises()
    expect(api.restore).not.toHaveBeenCalled()
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'z', ctrlKey: true, bubbles: true }))
    await flushPromises()
    expect(api.restore).toHaveBeenCalledWith([1])
  })

  it('offers nothing that is not granted', async () => {
    mayDelete.mockReturnValue(false)
    const page = await open()
    await page.get('[data-testid=select-row]').setValue(true)
    expect(page.find('[data-testid=batch-delete]').exists()).toBe(false)
    expect(page.find('[data-testid=row-delete]').exists()).toBe(false)
  })

  it('asks nothing for another page that it is left for', async () => {
    await open('/things?page=2')
    await router.push('/other?page=7')
    await flushPromises()
    expect(api.ask).toHaveBeenCalledTimes(1)
  })
})
