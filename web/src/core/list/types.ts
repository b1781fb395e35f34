import type { Component } from 'vue'
import type { PermissionLabel } from '@/core/api/permissions'

export interface Row {
  id: number | string
}

/** What every list of the API answers. */
export interface Page<T> {
  items: T[]
  total: number
  /** False where the server stopped counting; `total` is then "at least". */
  total_is_exact: boolean
  page: number
  page_size: number
}

/** What every list of the API takes. */
export interface ListQuery {
  page: number
  page_size: number
  sort?: string
  [filter: string]: string | number | undefined
}

export interface Option {
  value: string
  label: string
}

/** `label` is a message key everywhere. The value of each filter stands in the address under its `key`. */
export type Filter =
  | { kind: 'search'; key: string; label: string }
  | { kind: 'select'; key: string; label: string; options: () => readonly Option[] }
  /** One person of all users, found by name. */
  | { kind: 'person'; key: string; label: string }
  /** Asks for `<key>_from` and `<key>_to`. */
  | { kind: 'time'; key: string; label: string }

/** One definition for the table on a desk and for the cards on a phone. A slot `cell-<key>` draws what text cannot. */
export interface Column<T> {
  key: string
  label: string
  text?: (row: T) => string
  /** ISO 8601, shown in the reader's zone; null shows a dash. */
  time?: (row: T) => string | null | undefined
  /** Shows the day only; the title has the whole moment. */
  isDay?: boolean
  /** The name of the server's sort, where it can sort by this. */
  sort?: string
  /** `title` heads the card, `hide` leaves the column out there. */
  card?: 'title' | 'hide'
  align?: 'end'
  mono?: boolean
}

export interface Action<Subject> {
  key: string
  label: string
  icon: Component
  run: (subject: Subject) => unknown
  permission?: PermissionLabel
  danger?: boolean
  shown?: (subject: Subject) => boolean
}

export type RowAction<T> = Action<T>
export type BatchAction<T> = Action<T[]>
