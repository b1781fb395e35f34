import { useI18n } from 'vue-i18n'
import type { Option } from '@/core/list/types'

export const channelKinds = ['email', 'dingtalk', 'feishu', 'wecom', 'generic'] as const
export const media = ['mail', 'dingtalk', 'feishu', 'wecom', 'generic'] as const
export const outboxStates = ['waiting', 'sending', 'sent', 'failed', 'expired', 'cancelled'] as const

/** The one of several in the reader's language, or the first. */
export function inLocale<T extends { locale: string }>(all: readonly T[], locale: string): T | undefined {
  return all.find((one) => one.locale === locale) ?? all[0]
}

/** What notices, ways of sending and failures are called in the reader's language. */
export function useNoticeWords() {
  const { t, te } = useI18n()

  const mediumName = (medium: string): string => t(`notify.media.${medium}`)
  const optionsOf = (values: readonly string[], prefix: string): Option[] =>
    values.map((value) => ({ value, label: t(`notify.${prefix}.${value}`) }))

  /** The server's own words where a code is not known. */
  function failure(code: string | null, words: string | null): string {
    const key = `notify.errors.${code ?? ''}`
    return te(key) ? t(key) : (words ?? '')
  }

  return { mediumName, optionsOf, failure }
}
