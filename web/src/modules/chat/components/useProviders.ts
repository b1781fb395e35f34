import { isElsewhere, useModelProviders } from '@/core/upstreams/useModelProviders'
import type { Upstreams } from '@/core/upstreams/useUpstreams'
import { useSession } from '@/modules/iam/store/session'
import * as api from '../api/providers'
import type { ChatProvider, ChatProviderForm } from '../api/types'

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

export function useProviders(test: (row: ChatProvider) => unknown): Upstreams<ChatProviderForm, ChatProvider> {
  const session = useSession()
  return useModelProviders<ChatProviderForm, ChatProvider>({
    resource: 'chat_provider',
    api,
    blank,
    kinds: ['ollama', 'openai', 'builtin'],
    kindLabel: (kind) => `chat.providers.kinds.${kind}`,
    hints: { url: 'chat.providers.baseUrlHint', kind: 'chat.providers.kindHint' },
    lowestOrder: -1_000_000,
    fields: [
      { key: 'default_model', kind: 'text', label: 'upstreams.model', hint: 'chat.providers.defaultModelHint', max: 200, mono: true },
      { key: 'timeout_seconds', kind: 'number', label: 'chat.providers.timeout', hint: 'chat.providers.timeoutHint', required: true, least: 1, most: 3600, shown: isElsewhere },
      { key: 'context_tokens', kind: 'number', label: 'chat.providers.contextTokens', hint: 'chat.providers.contextTokensHint', required: true, least: 256, most: 10_000_000 },
    ],
    test,
    mayTest: 'perm:chat_provider:get',
    isAdministrator: () => session.me?.is_administrator ?? false,
  })
}
