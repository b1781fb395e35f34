import { i18n } from '@/core/i18n/i18n'
import type { JobFailure } from './types'

export interface JobErrorWords {
  /** What happened, in one sentence. */
  what: string
  /** What a person can do now. */
  advice: string
}

/** Why a job failed, in the reader's language; call it while rendering. The server's own words where a code is not known. */
export function jobErrorWords({ code, message, details }: JobFailure): JobErrorWords {
  const { t, te } = i18n.global
  const key = `jobErrors.${code}`
  if (!te(`${key}.what`)) return { what: message || t('jobErrors.unknown.what', { code }), advice: t('jobErrors.unknown.advice') }
  const wait = Number(details?.retry_after)
  const advice = wait > 0 ? t('jobErrors.waitSeconds', { n: Math.ceil(wait) }) : t(`${key}.advice`)
  return { what: t(`${key}.what`), advice }
}

/** Both sentences in one line. */
export function jobErrorText(failure: JobFailure): string {
  const { what, advice } = jobErrorWords(failure)
  return i18n.global.t('jobErrors.both', { what, advice })
}
