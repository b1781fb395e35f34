import { useI18n } from 'vue-i18n'
import type { Field } from '@/core/forms/types'
import { sayAndReload, useEditor, type EditorOf } from '@/core/forms/useEditor'
import * as api from '../api/providers'
import type { ChatProvider, ChatProviderForm, ProviderKind } from '../api/types'

const kinds: readonly ProviderKind[] = ['ollama', 'openai', 'builtin']

export function useProviderForm(reload: () => unknown): {
  editor: EditorOf<ChatProviderForm, ChatProvider>
  fields: Field<ChatProviderForm>[]
} {
  const { t } = useI18n()
  const blank = (): ChatProviderForm => ({
    name: '',
    kind: 'ollama',
    base_url: '',
    key: '',
    default_model: '',
    timeout_seconds: 120,
    context_tokens: 8192,
    is_enabled: true,
    allow_private: false,
    sort_order: 0,
  })
  const editor = useEditor<ChatProviderForm, ChatProvider>({
    blank,
    from: (row) => {
      const { name, kind, base_url, default_model, timeout_seconds, context_tokens, is_enabled, allow_private, sort_order } = row
      return { name, kind, base_url, key: '', default_model, timeout_seconds, context_tokens, is_enabled, allow_private, sort_order }
    },
    create: (form) => api.createProvider(form),
    // For the form null is "take it away", for the server the empty key is.
    update: (row, { key, ...changed }) => api.changeProvider(row.id, { ...changed, ...(key !== undefined && { key: key ?? '' }) }),
    saved: () => sayAndReload(t('list.form.saved'), reload),
  })
  /** The built-in one is no server. */
  const isServer = ({ kind }: ChatProviderForm): boolean => kind !== 'builtin'
  const fields: Field<ChatProviderForm>[] = [
    { key: 'name', kind: 'text', label: 'chat.providers.name', required: true, max: 128 },
    {
      key: 'kind',
      kind: 'select',
      label: 'chat.providers.kind',
      hint: 'chat.providers.kindHint',
      required: true,
      options: () => kinds.map((value) => ({ value, label: t(`chat.providers.kinds.${value}`) })),
    },
    {
      key: 'base_url',
      kind: 'text',
      label: 'chat.providers.baseUrl',
      hint: 'chat.providers.baseUrlHint',
      required: true,
      mono: true,
      shown: isServer,
      check: ({ base_url }) => (/^https?:\/\/\S+$/i.test(base_url.trim()) ? undefined : t('chat.providers.baseUrlNeeded')),
    },
    { key: 'key', kind: 'custom', label: 'chat.providers.key', hint: 'chat.providers.keyHint', shown: isServer },
    { key: 'allow_private', kind: 'switch', label: 'chat.providers.allowPrivate', hint: 'chat.providers.allowPrivateHint', shown: isServer },
    { key: 'default_model', kind: 'text', label: 'chat.providers.defaultModel', hint: 'chat.providers.defaultModelHint', max: 200, mono: true },
    { key: 'timeout_seconds', kind: 'number', label: 'chat.providers.timeout', hint: 'chat.providers.timeoutHint', least: 1, most: 3600, shown: isServer },
    { key: 'context_tokens', kind: 'number', label: 'chat.providers.contextTokens', hint: 'chat.providers.contextTokensHint', least: 256, most: 10_000_000 },
    { key: 'sort_order', kind: 'number', label: 'chat.providers.sortOrder', least: -1_000_000, most: 1_000_000 },
    { key: 'is_enabled', kind: 'switch', label: 'chat.providers.isEnabled' },
  ]
  return { editor, fields }
}
