import type { FieldChange } from '../api/operationLog'

export interface ChangedRow {
  table: string
  id: string
  fields: FieldChange[]
}

/** What one operation changed, put together by the row it changed, in the order in which the server tells it. */
export function byRow(changes: readonly FieldChange[]): ChangedRow[] {
  const rows = new Map<string, ChangedRow>()
  for (const change of changes) {
    const id = change.id === null ? '' : String(change.id)
    const key = `${change.table}\n${id}`
    const row = rows.get(key) ?? { table: change.table, id, fields: [] }
    row.fields.push(change)
    rows.set(key, row)
  }
  return [...rows.values()]
}

/** A value as a person reads it: nothing is nothing, and not the word null. */
export function shown(value: FieldChange['before']): string {
  return value === null || value === '' ? '' : String(value)
}
