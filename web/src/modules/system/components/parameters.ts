import { useI18n } from 'vue-i18n'
import type { Parameter, ValueType } from '../api/parameters'

export const valueTypes: readonly ValueType[] = ['string', 'integer', 'boolean', 'json', 'text']

/** Whether a text can be a value of the type; what else a value must be is the server's to say. */
export function fits(type: ValueType, value: string): boolean {
  if (type === 'integer') return /^-?\d{1,15}$/.test(value)
  if (type === 'boolean') return value === 'true' || value === 'false'
  if (type !== 'json') return true
  try {
    JSON.parse(value)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

/** Name and description in the reader's language, where the parameter is one that code declares. */
export function useParameterWords(): (row: Parameter) => Pick<Parameter, 'name' | 'description'> {
  const { t, te } = useI18n()
  return ({ key, name, description, is_builtin }) => {
    const path = `system.parameters.known.${key.replaceAll('.', '_')}`
    return is_builtin && te(`${path}.name`) ? { name: t(`${path}.name`), description: t(`${path}.text`) } : { name, description }
  }
}
