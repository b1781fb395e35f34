import type { Directive } from 'vue'
import type { PermissionLabel } from '@/core/api/permissions'

declare module 'vue' {
  interface GlobalDirectives {
    vPermission: Directive<HTMLElement, PermissionLabel | PermissionLabel[], 'any'>
    vRole: Directive<HTMLElement, string | string[], 'any'>
  }
}
