import { useI18n } from 'vue-i18n'
import type { Import, Issue } from '../api/imports'

const tones = {
  checking: 'accent',
  checked: 'ok',
  refused: 'bad',
  importing: 'accent',
  done: 'ok',
  broken_off: 'warn',
  undoing: 'accent',
  undone: 'neutral',
} as const

export const atWork = ({ state }: Pick<Import, 'state'>): boolean => ['checking', 'importing', 'undoing'].includes(state)

/** How imports and what is wrong with them are told in the reader's language. */
export function useImportWords() {
  const { t, te } = useI18n()
  const hasErrors = (row: Import): boolean => row.state === 'checked' && row.error_count > 0
  /** Checked without a mistake, and not confirmed in time. */
  const isTooOld = (row: Import): boolean => row.state === 'checked' && row.error_count === 0 && !row.may_confirm
  const stateWord = (row: Import): string => t(`transfer.states.${hasErrors(row) ? 'wrong' : isTooOld(row) ? 'too_old' : row.state}`)
  const toneOf = (row: Import): 'ok' | 'bad' | 'warn' | 'neutral' | 'accent' =>
    hasErrors(row) ? 'bad' : isTooOld(row) ? 'neutral' : tones[row.state]
  /** By its code; the server's own words where that has no translation. */
  const issueText = ({ code, message }: Pick<Issue, 'code' | 'message'>): string =>
    te(`fieldErrors.${code}`) ? t(`fieldErrors.${code}`) : te(`errors.${code}`) ? t(`errors.${code}`) : message
  return { stateWord, toneOf, issueText }
}
