import { beforeEach, describe, expect, it } from 'vitest'
import type { ImageOptions, OfferedProvider, Picture } from '../../api/types'
import { blank, fitted, readDraft, toRequest, wishesOf, withModel, writeDraft } from './wishes'

const provider = (id: number, rest: Partial<OfferedProvider> = {}): OfferedProvider => ({
  id,
  name: `Provider ${id}`,
  kind: 'openai_images',
  models: ['large', 'small'],
  sizes: ['512x512', '1024x1024'],
  max_count: 4,
  supports_seed: true,
  supports_negative: true,
  supports_watermark: true,
  by_model: [],
  ...rest,
})
const options = (...providers: OfferedProvider[]): ImageOptions => ({
  providers,
  default: providers[1] ? { provider_id: providers[1].id, model: 'small', size: null } : null,
  quota: { used: 0, limit: 10, period: 'day' },
  disk: { used_bytes: 0, budget_bytes: null },
})

describe('wishes', () => {
  beforeEach(() => localStorage.clear())

  it('become what is on offer, beginning with the default', () => {
    const offer = options(provider(1), provider(2, { max_count: 2 }))
    const fit = fitted({ ...blank(), provider_id: 9, model: 'gone', size: '1x1', count: 4 }, offer)
    expect(fit).toMatchObject({ provider_id: 2, model: 'small', size: '1024x1024', count: 2 })
    expect(fitted({ ...blank(), provider_id: 1, model: 'large', size: '512x512' }, offer)).toMatchObject({
      provider_id: 1,
      model: 'large',
      size: '512x512',
      count: 1,
    })
  })

  it('stay when nothing is on offer, and do without a model that nobody names', () => {
    const wishes = { ...blank(), prompt: 'x', model: 'm' }
    expect(fitted(wishes, options())).toEqual(wishes)
    expect(fitted(wishes, options(provider(3, { models: [] }))).model).toBe('')
  })

  it('follow the model where the models of one provider differ', () => {
    const small = { name: 'small', sizes: ['256x256'], max_count: 1, supports_seed: false, supports_negative: true, supports_watermark: true }
    const own = provider(1, { by_model: [small] })
    const wishes = { ...blank(), prompt: 'x', provider_id: 1, model: 'small', size: '512x512', count: 3, seed: 4 }
    const fit = fitted(wishes, options(own))
    expect(fit).toMatchObject({ model: 'small', size: '256x256', count: 1 })
    expect(toRequest(fit, withModel(own, 'small'))).not.toHaveProperty('seed')
    expect(withModel(own, 'small').name).toBe('Provider 1')
  })

  it('are sent as far as the provider can do them', () => {
    const wishes = { ...blank(), prompt: ' a cat ', negative: ' dogs ', model: 'large', size: '512x512', seed: 0, watermark: true }
    expect(toRequest(wishes, provider(1))).toEqual({
      prompt: 'a cat',
      provider_id: 1,
      size: '512x512',
      count: 1,
      model: 'large',
      negative_prompt: 'dogs',
      seed: 0,
      watermark: true,
    })
    const poor = provider(1, { supports_seed: false, supports_negative: false, supports_watermark: false })
    expect(toRequest({ ...wishes, model: '' }, poor)).toEqual({
      prompt: 'a cat',
      provider_id: 1,
      size: '512x512',
      count: 1,
      negative_prompt: '',
    })
  })

  it('are those of a picture again, its seed too', () => {
    const picture = { prompt: 'p', negative_prompt: 'n', provider_id: 4, model: 'm', width: 768, height: 512, seed: 7, watermark: null }
    expect(wishesOf(picture as Picture, { ...blank(), count: 3, watermark: true })).toEqual({
      prompt: 'p',
      negative: 'n',
      provider_id: 4,
      model: 'm',
      size: '768x512',
      count: 3,
      seed: 7,
      watermark: true,
    })
  })

  it('are kept for one person, and taken as they are only where they are what they should be', () => {
    const wishes = { ...blank(), prompt: 'kept', seed: 5 }
    writeDraft(1, wishes)
    expect(readDraft(1)).toEqual(wishes)
    expect(readDraft(2)).toEqual(blank())
    localStorage.setItem('groundwork.draft.1.images', '{"prompt":7,"count":2,"seed":"x","odd":1}')
    expect(readDraft(1)).toEqual({ ...blank(), count: 2 })
    for (const text of ['no json', 'null', '[]']) {
      localStorage.setItem('groundwork.draft.1.images', text)
      expect(readDraft(1)).toEqual(blank())
    }
  })
})
