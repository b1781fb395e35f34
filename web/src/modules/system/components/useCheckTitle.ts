import { useI18n } from 'vue-i18n'
import type { LinkCheckRow } from '../api/system'

/** What a row proves, in the reader's language; rows that an operator added have only the words of the report. */
export function useCheckTitle(): (row: Pick<LinkCheckRow, 'id' | 'check'>) => string {
  const { t, te } = useI18n()
  return (row) => {
    const key = `system.linkCheck.rows.${row.id}`
    return te(key) ? t(key) : row.check
  }
}
