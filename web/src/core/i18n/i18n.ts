import { createI18n } from 'vue-i18n'
import { readChoice, writeChoice } from '@/core/storage'
import type { Messages } from './messages/en'

export const locales = ['zh-CN', 'en'] as const
export type Locale = (typeof locales)[number]
export const localeNames: Record<Locale, string> = { 'zh-CN': '简体中文', en: 'English' }

const loaders: Record<Locale, () => Promise<{ default: Messages }>> = {
  en: () => import('./messages/en'),
  'zh-CN': () => import('./messages/zh-CN'),
}

export function preferredLocale(languages: readonly string[] = navigator.languages): Locale {
  const first = languages.map((tag) => tag.toLowerCase()).find((tag) => tag.startsWith('zh') || tag.startsWith('en'))
  return readChoice('locale', locales, first?.startsWith('zh') ? 'zh-CN' : 'en')
}

export const i18n = createI18n<[Messages], Locale, false>({
  legacy: false,
  locale: preferredLocale(),
  messages: {} as Record<Locale, Messages>,
  // A missing key must be seen, in tests above all, and not be papered over with another language.
  fallbackLocale: false,
})

export async function useLocale(locale: Locale): Promise<void> {
  if (!i18n.global.availableLocales.includes(locale)) {
    i18n.global.setLocaleMessage(locale, (await loaders[locale]()).default)
  }
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
}

export async function chooseLocale(locale: Locale): Promise<void> {
  await useLocale(locale)
  writeChoice('locale', locale)
}
