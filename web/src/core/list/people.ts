import type { components } from '@/core/api/schema'
import { get } from '@/core/http/client'

export type Person = components['schemas']['UserName']

export function findPeople(params: { q?: string; ids?: string }): Promise<Person[]> {
  return get('/api/v1/users/names', { params })
}
