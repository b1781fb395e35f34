import { useI18n } from 'vue-i18n'
import type { Field } from '@/core/forms/types'
import { sayAndReload, useEditor } from '@/core/forms/useEditor'
import * as api from '../../api/providers'
import type { ImageProvider } from '../../api/types'

export const providerKinds = ['openai_images', 'comfyui', 'builtin'] as const
const SIZE = /^[1-9]\d{1,3}x[1-9]\d{1,3}$/

/** Like the provider itself, and its key: empty for the one that is stored, null for none. */
export interface Form {
  name: string
  kind: ImageProvider['kind']
  base_url: string
  key: string | null
  default_model: string
  sizes: string[]
  timeout_seconds: number
  is_enabled: boolean
  allow_private: boolean
  sort_order: number
}

const blank = (): Form => ({
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

export function useProviderForm(isAdministrator: () => boolean, reload: () => unknown) {
  const { t } = useI18n()
  const editor = useEditor<Form, ImageProvider>({
    blank,
    from: ({ name, kind, base_url, default_model, sizes, timeout_seconds, is_enabled, allow_private, sort_order }) => ({
      name,
      kind,
      base_url,
      key: '',
      default_model,
      sizes: [...sizes],
      timeout_seconds,
      is_enabled,
      allow_private,
      sort_order,
    }),
    create: (form) => api.createProvider(form),
    update: (row, changed) => api.changeProvider(row.id, changed),
    saved: () => sayAndReload(t('list.form.saved'), reload),
  })
  const isElsewhere = ({ kind }: Form): boolean => kind !== 'builtin'
  const fields: Field<Form>[] = [
    { key: 'name', kind: 'text', label: 'images.providers.name', required: true, max: 128 },
    {
      key: 'kind',
      kind: 'select',
      label: 'images.providers.kind',
      required: true,
      options: () => providerKinds.map((value) => ({ value, label: t(`images.kinds.${value}`) })),
    },
    {
      key: 'base_url',
      kind: 'text',
      label: 'images.providers.url',
      hint: 'images.providers.urlHint',
      max: 512,
      mono: true,
      placeholder: 'https://api.example.com/v1',
      required: true,
      shown: isElsewhere,
    },
    { key: 'key', kind: 'custom', label: 'images.providers.key', hint: 'images.providers.keyHint', shown: isElsewhere },
    { key: 'default_model', kind: 'text', label: 'images.providers.model', hint: 'images.providers.modelHint', max: 128, mono: true, shown: isElsewhere },
    {
      key: 'sizes',
      kind: 'custom',
      label: 'images.providers.sizes',
      hint: 'images.providers.sizesHint',
      check: ({ sizes }) => (sizes.every((size) => SIZE.test(size)) ? undefined : t('images.providers.sizesWrong')),
    },
    { key: 'timeout_seconds', kind: 'number', label: 'images.providers.timeout', hint: 'images.providers.timeoutHint', required: true, least: 5, most: 900, shown: isElsewhere },
    { key: 'sort_order', kind: 'number', label: 'images.providers.order', hint: 'images.providers.orderHint', required: true, least: 0, most: 1_000_000 },
    { key: 'is_enabled', kind: 'switch', label: 'images.providers.enabled', hint: 'images.providers.enabledHint' },
    {
      key: 'allow_private',
      kind: 'switch',
      label: 'images.providers.private',
      hint: 'images.providers.privateHint',
      shown: isElsewhere,
      disabled: () => !isAdministrator(),
    },
  ]
  return { editor, fields }
}
