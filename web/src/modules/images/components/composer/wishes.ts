import { draftKey, readJson, writeJson } from '@/core/storage'
import type { ImageOptions, OfferedProvider, Picture, Wanted } from '../../api/types'

/** What a person has typed and chosen; parts that the chosen provider cannot do are kept, and not sent. */
export interface Wishes {
  prompt: string
  negative: string
  provider_id: number | null
  model: string
  size: string
  count: number
  seed: number | null
  watermark: boolean
}

export const MOST_LETTERS = 4000
/** The greatest that every provider takes. */
export const LARGEST_SEED = 2 ** 31 - 1
const USUAL_SIZE = '1024x1024'

export const blank = (): Wishes => ({
  prompt: '',
  negative: '',
  provider_id: null,
  model: '',
  size: '',
  count: 1,
  seed: null,
  watermark: false,
})

export function providerOf(options: ImageOptions | null, id: number | null): OfferedProvider | undefined {
  return options?.providers.find((provider) => provider.id === id)
}

/** A provider as one of its models is: they differ in sizes and in what they can do. */
export function withModel(provider: OfferedProvider, model: string): OfferedProvider {
  const own = provider.by_model.find(({ name }) => name === model)
  return own ? { ...provider, ...own, name: provider.name } : provider
}

/** The wishes with everything that is not on offer (any more) replaced by what is. */
export function fitted(wishes: Wishes, options: ImageOptions): Wishes {
  const preferred = options.default?.provider_id ?? null
  const provider = providerOf(options, wishes.provider_id) ?? providerOf(options, preferred) ?? options.providers[0]
  if (!provider) return wishes
  const usual = options.default?.provider_id === provider.id ? options.default.model : ''
  const model = provider.models.includes(wishes.model) ? wishes.model : provider.models.find((name) => name === usual)
  const chosen = model ?? provider.models[0] ?? ''
  const { sizes, max_count: most } = withModel(provider, chosen)
  const size = [wishes.size, USUAL_SIZE].find((wanted) => sizes.includes(wanted)) ?? sizes[0] ?? USUAL_SIZE
  return { ...wishes, provider_id: provider.id, model: chosen, size, count: Math.min(Math.max(1, wishes.count), most) }
}

/** What is sent: only what the provider can do. */
export function toRequest(wishes: Wishes, provider: OfferedProvider): Wanted {
  return {
    prompt: wishes.prompt.trim(),
    provider_id: provider.id,
    size: wishes.size,
    count: wishes.count,
    ...(wishes.model && { model: wishes.model }),
    negative_prompt: provider.supports_negative ? wishes.negative.trim() : '',
    ...(provider.supports_seed && wishes.seed !== null && { seed: wishes.seed }),
    ...(provider.supports_watermark && { watermark: wishes.watermark }),
  }
}

/** "Use these settings again". */
export function wishesOf(picture: Picture, before: Wishes): Wishes {
  return {
    ...before,
    prompt: picture.prompt,
    negative: picture.negative_prompt ?? '',
    provider_id: picture.provider_id,
    model: picture.model,
    size: `${picture.width}x${picture.height}`,
    seed: picture.seed,
    watermark: picture.watermark ?? before.watermark,
  }
}

const keyOf = (user: number): string => draftKey(user, 'images')

/** What another release or another hand has written is no draft. */
export function readDraft(user: number): Wishes {
  const stored = readJson(keyOf(user))
  if (typeof stored !== 'object' || stored === null) return blank()
  const usual = blank()
  const kept = Object.entries(stored).filter(([key, value]) => key in usual && fits(usual[key as keyof Wishes], value, key))
  return { ...usual, ...Object.fromEntries(kept) }
}

function fits(usual: Wishes[keyof Wishes], value: unknown, key: string): boolean {
  if (key === 'seed' || key === 'provider_id') return value === null || Number.isSafeInteger(value)
  return typeof value === typeof usual
}

export function writeDraft(user: number, wishes: Wishes): void {
  writeJson(keyOf(user), wishes)
}
