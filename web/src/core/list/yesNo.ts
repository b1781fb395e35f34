import { i18n } from '@/core/i18n/i18n'
import type { Option } from './types'

/** The two choices of a filter on a boolean; takes message keys. */
export function yesNo(yes: string, no: string): () => Option[] {
  const { t } = i18n.global
  return () => [
    { value: 'true', label: t(yes) },
    { value: 'false', label: t(no) },
  ]
}
