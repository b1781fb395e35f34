import { useI18n } from 'vue-i18n'

/** What rights and menus are called in the reader's language; the server's own words where there is no translation. */
export function useRightWords() {
  const { t, te } = useI18n()
  /** Of a menu or a button: a key of the messages, or plain text that somebody typed. */
  const titleOf = (title: string): string => (te(title) ? t(title) : title)
  const meaningOf = (label: string, fallback = ''): string => {
    const key = `permission.${label.split(':').slice(1).join('.')}`
    return te(key) ? t(key) : fallback || label
  }
  return { titleOf, meaningOf }
}
