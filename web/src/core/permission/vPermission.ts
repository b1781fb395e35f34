import type { Directive } from 'vue'
import type { PermissionLabel } from '@/core/api/permissions'

type Check = (label: PermissionLabel) => boolean

/**
 * `v-permission="'perm:link_check:get'"` takes the element out of sight, of the keyboard and of screen readers; several
 * labels need all of them. It spares people buttons that would fail; the server alone decides what is allowed.
 */
export function createPermissionDirective(can: Check): Directive<HTMLElement, PermissionLabel | PermissionLabel[]> {
  function apply(element: HTMLElement, wanted: PermissionLabel | PermissionLabel[]): void {
    const allowed = [wanted].flat().every(can)
    element.hidden = !allowed
    element.inert = !allowed
    // `hidden` alone loses against any `display` of a style sheet.
    if (allowed) element.style.removeProperty('display')
    else element.style.setProperty('display', 'none', 'important')
  }

  return {
    beforeMount: (element, { value }) => apply(element, value),
    // Runs with every render of the component, so a right that is granted or taken while the page is open shows.
    updated: (element, { value }) => apply(element, value),
    getSSRProps: () => ({}),
  }
}
