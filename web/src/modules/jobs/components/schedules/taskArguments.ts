import type { TaskField } from '../../api/schedules'

export type Arguments = Record<string, unknown>

/** What a new schedule of a task starts with: its defaults, and nothing for what has none. */
export function startOf(fields: readonly TaskField[]): Arguments {
  return Object.fromEntries(
    fields.flatMap(({ name, kind, default: usual, is_required: isRequired }) => {
      if (usual !== null) return [[name, usual]]
      if (!isRequired) return []
      return kind === 'boolean' ? [[name, false]] : kind === 'list' ? [[name, []]] : []
    }),
  )
}

/** What the server is to get for what stands in an input: undefined is left out, so that the task's default holds. */
export function given(field: TaskField, value: unknown): unknown {
  const isEmpty = value === null || value === undefined || value === ''
  if (field.kind === 'list') return field.item === 'text' || !Array.isArray(value) ? value : value.map((one) => choice(field, one))
  if (isEmpty) return field.kind === 'text' && value === '' && !field.is_nullable ? '' : undefined
  return field.kind === 'choice' ? choice(field, value) : value
}

/** Inputs know text only; the task may want a number. */
function choice({ choices }: TaskField, text: unknown): unknown {
  return choices.find((one) => String(one) === String(text)) ?? text
}

export const linesOf = (value: unknown): string => (Array.isArray(value) ? value.join('\n') : '')

export const listOf = (text: string, item: TaskField['item']): unknown[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => (item !== 'text' && line !== '' && !Number.isNaN(Number(line)) ? Number(line) : line))

/** Whether it can be sent at all; everything else the server says. */
export function isMissing(field: TaskField, value: unknown): boolean {
  if (!field.is_required) return false
  return value === undefined || value === null || (field.kind === 'list' && Array.isArray(value) && value.length === 0 && (field.least ?? 0) > 0)
}
