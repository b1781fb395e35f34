import type { PermissionLabel } from '@/core/api/permissions'

/** A list as the server knows it as a workbook, and what it takes to have it so. */
export interface SheetOf {
  resource: string
  export: PermissionLabel
  /** Any of these, where rows can be imported. */
  imports?: readonly PermissionLabel[]
}

/** What is exported: the filters as the list asks for them, and its order. */
export interface Wanted {
  filters: Record<string, unknown>
  sort: string
  /** What narrows the list without being a filter of it, such as the dictionary that items belong to. */
  always?: Record<string, unknown>
}
