import { useI18n } from 'vue-i18n'
import { isElsewhere, useModelProviders } from '@/core/upstreams/useModelProviders'
import type { Upstreams } from '@/core/upstreams/useUpstreams'
import { useSession } from '@/modules/iam/store/session'
import * as api from '../../api/providers'
import type { ImageProvider, ProviderForm } from '../../api/types'

const SIZE = /^[1-9]\d{1,3}x[1-9]\d{1,3}$/

const blank = (): ProviderForm => ({
  name: '',
  kind: 'openai_images',
  base_url: '',
  key: '',
  default_model: '',
  sizes: [],
  timeout_seconds: 180,
  is_enabled: true,
  allow_private: false,
  sort_order: 0,
})

export function useProviders(test: (row: ImageProvider) => unknown): Upstreams<ProviderForm, ImageProvider> {
  const { t } = useI18n()
  const session = useSession()
  return useModelProviders<ProviderForm, ImageProvider>({
    resource: 'image_provider',
    api,
    blank,
    kinds: ['openai_images', 'comfyui', 'builtin'],
    kindLabel: (kind) => `images.kinds.${kind}`,
    hints: { url: 'images.providers.urlHint' },
    lowestOrder: 0,
    columns: [{ key: 'test', label: 'upstreams.test' }],
    fields: [
      { key: 'default_model', kind: 'text', label: 'upstreams.model', hint: 'images.providers.modelHint', max: 128, mono: true, shown: isElsewhere },
      {
        key: 'sizes',
        kind: 'custom',
        label: 'images.providers.sizes',
        hint: 'images.providers.sizesHint',
        check: ({ sizes }) => (sizes.every((size) => SIZE.test(size)) ? undefined : t('images.providers.sizesWrong')),
      },
      { key: 'timeout_seconds', kind: 'number', label: 'images.providers.timeout', hint: 'images.providers.timeoutHint', required: true, least: 5, most: 900, shown: isElsewhere },
    ],
    test,
    testsMany: true,
    mayTest: 'perm:image_provider:update',
    isAdministrator: () => session.me?.is_administrator ?? false,
  })
}
