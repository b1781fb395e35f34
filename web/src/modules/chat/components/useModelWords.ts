import { useI18n } from 'vue-i18n'
import { useFormat } from '@/core/format/useFormat'
import type { ChatModel } from '../api/types'

const GIB = 1024 ** 3
const MIB = 1024 ** 2

export function useModelWords(): (model: ChatModel) => string {
  const { t } = useI18n()
  const { number } = useFormat()
  return ({ size_bytes: size, context_length: context, is_loaded: isLoaded }) =>
    [
      size && (size >= GIB ? `${number(size / GIB)} GB` : `${number(Math.ceil(size / MIB))} MB`),
      context && t('chat.models.context', { n: number(context) }),
      isLoaded && t('chat.models.loaded'),
    ]
      .filter(Boolean)
      .join(' · ')
}
