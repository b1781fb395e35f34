import { effectScope, watch, type Directive, type EffectScope } from 'vue'
import type { PermissionLabel } from '@/core/api/permissions'

/**
 * A directive that takes an element out of sight, of the keyboard and of screen readers while `isGranted` says no, and follows
 * by itself when rights are granted or taken. It spares people buttons that would fail; the server alone decides what is allowed.
 */
function createRightDirective<Wanted>(isGranted: (wanted: Wanted) => boolean): Directive<HTMLElement, Wanted | Wanted[]> {
  const scopes = new WeakMap<HTMLElement, EffectScope>()

  function show(element: HTMLElement, allowed: boolean): void {
    element.hidden = !allowed
    element.inert = !allowed
    // `hidden` alone loses against any `display` of a style sheet.
    if (allowed) element.style.removeProperty('display')
    else element.style.setProperty('display', 'none', 'important')
  }

  function follow(element: HTMLElement, wanted: Wanted | Wanted[], isGrantedToAll: (wanted: Wanted[]) => boolean): void {
    scopes.get(element)?.stop()
    const scope = effectScope(true)
    scopes.set(element, scope)
    scope.run(() =>
      watch(
        () => isGrantedToAll([wanted].flat() as Wanted[]),
        (allowed) => show(element, allowed),
        { immediate: true, flush: 'sync' },
      ),
    )
  }

  const all = (wanted: Wanted[]): boolean => wanted.every(isGranted)
  const any = (wanted: Wanted[]): boolean => wanted.some(isGranted)
  return {
    beforeMount: (element, { value, modifiers }) => follow(element, value, 'any' in modifiers ? any : all),
    updated: (element, { value, modifiers }) => follow(element, value, 'any' in modifiers ? any : all),
    unmounted: (element) => scopes.get(element)?.stop(),
    getSSRProps: () => ({}),
  }
}

/** `v-permission="'perm:user:create'"`; several labels need all of them, with `.any` one of them. */
export function createPermissionDirective(can: (label: PermissionLabel) => boolean) {
  return createRightDirective<PermissionLabel>(can)
}

/** `v-role="'operator'"`, by the code of a role; several need all of them, with `.any` one of them. */
export function createRoleDirective(hasRole: (code: string) => boolean) {
  return createRightDirective<string>(hasRole)
}
