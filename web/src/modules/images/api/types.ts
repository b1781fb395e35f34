import type { components } from '@/core/api/schema'

type Schemas = components['schemas']

export type Picture = Schemas['ImageAnswer']
export type ImageOptions = Schemas['ImageOptions']
export type OfferedProvider = ImageOptions['providers'][number]
export type Wanted = Schemas['Text2Image']
export type ImageProvider = Schemas['ImageProviderAnswer']
export type ProviderForm = Required<Schemas['ImageProviderCreate']>
export type ProviderTest = Schemas['ImageProviderTest']
