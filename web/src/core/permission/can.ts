import { inject, type InjectionKey } from 'vue'
import type { PermissionLabel } from '@/core/api/permissions'

export type Can = (label: PermissionLabel) => boolean

/** Provided once in main.ts, so that what core draws can ask for rights without knowing where they come from. */
export const canKey: InjectionKey<Can> = Symbol('can')

export function useCan(): Can {
  return inject(canKey, () => true)
}
