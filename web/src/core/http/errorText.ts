import { i18n } from '@/core/i18n/i18n'
import type { ApiError } from './problem'

/** The message of a failure in the language of the moment; call it while rendering, so that it follows a change. */
export function errorText(error: ApiError): string {
  const { t, te } = i18n.global
  const key = `errors.${error.code}`
  return te(key) ? t(key) : t('errors.unknown', { code: error.code })
}

/** The same where no form shows what is wrong with each input: then those words say more than "check your entries". */
export function reasonText(error: ApiError): string {
  return [...new Set(Object.values(fieldErrors(error)))].join(' ') || errorText(error)
}

/** What is wrong with each input, by its name; the server's own words where a rule has no translation. */
export function fieldErrors(error: ApiError): Record<string, string> {
  const { t, te } = i18n.global
  return Object.fromEntries(
    error.fields.map(({ loc, code, message }) => {
      const key = `fieldErrors.${code}`
      return [String(loc.at(-1) ?? ''), te(key) ? t(key) : message]
    }),
  )
}
