import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { get } from '@/core/http/client'
import { ApiError } from '@/core/http/problem'
import { mountRouted } from '@/test/mountPage'
import * as api from '../api/images'
import type { Picture } from '../api/types'
import { worthACard } from '../components/generations/useGenerations'
import ImagesView from './ImagesView.vue'

vi.mock('../api/images')
vi.mock('@/core/http/client')
vi.mock('@/core/jobs/followJob', () => ({ followJob: () => () => undefined }))
// A whole page with all its inputs is slow to mount while the machine is busy.
vi.setConfig({ testTimeout: 30_000 })
enableAutoUnmount(afterEach)

const picture = (id: number, rest: Partial<Picture> = {}): Picture => ({
  id,
  prompt: `Prompt ${id}`,
  negative_prompt: '',
  provider_id: 1,
  provider_name: 'Builtin',
  model: 'demo',
  width: 512,
  height: 512,
  seed: id,
  watermark: null,
  is_starred: false,
  url: `/full/${id}`,
  thumbnail_url: `/small/${id}`,
  download_url: `/save/${id}`,
  bytes: 1000,
  content_type: 'image/png',
  created_at: '2026-11-22T01:00:00Z',
  job_id: 1,
  ...rest,
})
const inBody = (selector: string) => document.body.querySelector<HTMLElement>(selector)
const press = async (key: string) => {
  document.dispatchEvent(new KeyboardEvent('keydown', { key }))
  await flushPromises()
}
const pageOf = (items: Picture[], total = items.length) => ({ items, total, total_is_exact: true, page: 1, page_size: 50 })

async function open(path = '/images', items = [picture(3), picture(2), picture(1)]) {
  vi.mocked(get).mockResolvedValue({ items: [], total: 0 } as never)
  vi.mocked(api.listPictures).mockResolvedValue(pageOf(items))
  vi.mocked(api.imageOptions).mockResolvedValue({
    providers: [
      { id: 1, name: 'Builtin', kind: 'builtin', models: ['demo'], sizes: ['512x512'], max_count: 4, supports_seed: true, supports_negative: false, supports_watermark: false, by_model: [] },
    ],
    default: { provider_id: 1, model: 'demo', size: null },
    quota: { used: 3, limit: 100, period: 'day' },
    disk: { used_bytes: 5_000_000, budget_bytes: null },
  })
  const mounted = await mountRouted(ImagesView, { path })
  await flushPromises()
  return mounted
}

async function ask(page: Awaited<ReturnType<typeof open>>['page'], prompt?: string) {
  if (prompt) await page.get('[data-testid=prompt]').setValue(prompt)
  await page.get('[data-testid=composer]').trigger('submit')
  await flushPromises()
}

describe('the images page', () => {
  beforeEach(() => {
    vi.resetAllMocks()
    localStorage.clear()
    document.body.innerHTML = ''
  })

  it('asks for what was typed, with one key for all tries of the same', async () => {
    const { page } = await open()
    vi.mocked(api.generate).mockRejectedValueOnce(new ApiError('timeout', 0)).mockResolvedValue(7)
    await ask(page)
    expect(api.generate).not.toHaveBeenCalled()
    await ask(page, 'a cat')
    expect(page.get('[data-testid=composer-error]').text()).toContain('too long to answer')
    await ask(page)
    await ask(page)
    const [first, second, third] = vi.mocked(api.generate).mock.calls
    expect(first?.[0]).toEqual({ prompt: 'a cat', provider_id: 1, model: 'demo', size: '512x512', count: 1, negative_prompt: '' })
    expect(second?.[1]).toBe(first?.[1])
    expect(third?.[1]).not.toBe(second?.[1])
    expect(page.find('[data-testid=composer-error]').exists()).toBe(false)
  })

  it('says in words why nothing is made, and when to go on', async () => {
    const { page } = await open()
    vi.mocked(api.generate).mockRejectedValue(new ApiError('image_quota_reached', 429, [], 3600))
    await ask(page, 'a cat')
    expect(page.get('[data-testid=composer-error]').text()).toMatch(/used up.*go on/)
    vi.mocked(api.generate).mockRejectedValue(
      new ApiError('validation_failed', 422, [{ loc: ['body', 'size'], message: 'no', code: 'not_offered' }]),
    )
    await ask(page)
    expect(page.get('[data-testid=composer-error]').text()).toContain('Size: The provider does not have this.')
  })

  it('offers only what the provider can do, and shows what is used', async () => {
    const { page } = await open()
    await page.get('[data-testid=more-options]').trigger('click')
    expect(page.find('[data-testid=seed]').exists()).toBe(true)
    expect(page.find('[data-testid=negative]').exists()).toBe(false)
    expect(page.find('[data-testid=watermark]').exists()).toBe(false)
    expect(page.get('[data-testid=usage-quota]').text()).toContain('3 of 100')
    expect(page.get('[data-testid=usage-disk]').text()).toContain('5 MB')
  })

  it('goes through the pictures by keys, and takes their settings over', async () => {
    const { page, router } = await open('/images?picture=3')
    expect(inBody('[data-testid=picture-prompt]')?.textContent).toBe('Prompt 3')
    await press('ArrowLeft')
    expect(router.currentRoute.value.query.picture).toBe('3')
    await press('ArrowRight')
    expect(inBody('[data-testid=picture-prompt]')?.textContent).toBe('Prompt 2')
    await press('s')
    expect(api.starPicture).toHaveBeenCalledWith(2, true)
    inBody('[data-testid=reuse]')?.click()
    await flushPromises()
    expect(router.currentRoute.value.query.picture).toBeUndefined()
    expect((page.get('[data-testid=prompt]').element as HTMLTextAreaElement).value).toBe('Prompt 2')
  })

  it('looks at the next picture when one is deleted', async () => {
    const { router } = await open('/images?picture=2')
    await press('Delete')
    expect(api.removePictures).toHaveBeenCalledWith([2])
    expect(router.currentRoute.value.query.picture).toBe('1')
  })

  it('gets a picture that stands in the address but not on this page', async () => {
    vi.mocked(api.picture).mockResolvedValue(picture(77))
    await open('/images?picture=77')
    expect(api.picture).toHaveBeenCalledWith(77)
    expect(inBody('[data-testid=picture-prompt]')?.textContent).toBe('Prompt 77')
  })

  it('packs what is selected, a range with Shift', async () => {
    const { page } = await open()
    vi.mocked(api.zipPictures).mockResolvedValue(12)
    const boxes = page.findAll('[data-testid=select-picture]')
    await boxes[0]?.trigger('click')
    await boxes[2]?.trigger('click', { shiftKey: true })
    await page.get('[data-testid=batch-zip]').trigger('click')
    await flushPromises()
    expect(api.zipPictures).toHaveBeenCalledWith([3, 2, 1])
    expect(page.find('[data-testid=zip]').exists()).toBe(true)
    expect(page.find('[data-testid=batch-bar]').exists()).toBe(false)
  })

  it('loads the list again when an address has run out', async () => {
    const { page } = await open()
    vi.mocked(api.listPictures).mockResolvedValue(pageOf([picture(3, { thumbnail_url: '/small/3?new' })]))
    await page.get('[data-testid=picture-3] img').trigger('error')
    await flushPromises()
    expect(page.get('[data-testid=picture-3] img').attributes('src')).toBe('/small/3?new')
    await page.get('[data-testid=picture-3] img').trigger('error')
    await flushPromises()
    expect(page.get('[data-testid=picture-3]').text()).toContain('cannot be loaded')
  })
})

describe('requests for pictures', () => {
  it('have a card while they go on, and when they failed and nobody tried again', () => {
    const job = (id: number, state: string, retried: number | null = null) => ({ id, state, retried_by_id: retried }) as Parameters<typeof worthACard>[0][number]
    const jobs = [job(5, 'queued'), job(4, 'done'), job(3, 'failed'), job(2, 'failed', 5), job(1, 'cancelled')]
    expect(worthACard(jobs).map(({ id }) => id)).toEqual([3, 5])
  })
})
