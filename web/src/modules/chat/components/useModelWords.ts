import { useI18n } from 'vue-i18n'
import { useFormat } from '@/core/format/useFormat'
import type { ChatModel } from '../api/types'

export function useModelWords(): (model: ChatModel) => string {
  const { t } = useI18n()
  const { bytes, number } = useFormat()
  return ({ size_bytes: size, context_length: context, is_loaded: isLoaded }) =>
    [
      size && bytes(size),
      context && t('chat.models.context', { n: number(context) }),
      isLoaded && t('chat.models.loaded'),
    ]
      .filter(Boolean)
      .join(' · ')
}
