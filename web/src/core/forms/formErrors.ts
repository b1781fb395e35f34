import { fieldErrors } from '@/core/http/errorText'
import { ApiError } from '@/core/http/problem'

/** The server's complaints by the field they belong to: `loc` may go deeper than the form (`role_ids, 3`) or name no field of it. */
export function byField(error: ApiError | null, keys: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const field of error?.fields ?? []) {
    const key = field.loc.find((part): part is string => typeof part === 'string' && keys.includes(part))
    if (!error || !key || found[key]) continue
    const words = fieldErrors(new ApiError(error.code, error.status, [field]))
    found[key] = Object.values(words)[0] ?? field.message
  }
  return found
}

/** Whether something was refused that no field shows, so that the message above the fields has to say it. */
export function isUnplaced(error: ApiError, keys: readonly string[]): boolean {
  const placed = error.fields.filter(({ loc }) => loc.some((part) => typeof part === 'string' && keys.includes(part)))
  return placed.length === 0 || placed.length < error.fields.length
}
