import { CircleCheck, CircleSlash, Pencil, Plug, Trash2 } from '@lucide/vue'
import type { Component } from 'vue'
import { useI18n } from 'vue-i18n'
import type { PermissionLabel } from '@/core/api/permissions'
import type { Field } from '@/core/forms/types'
import { sayAndReload, useEditor, type EditorOf } from '@/core/forms/useEditor'
import type { BatchAction, Column, Filter, ListQuery, Page, RowAction } from '@/core/list/types'
import { useEnable } from '@/core/list/useEnable'
import { useList, type List } from '@/core/list/useList'
import { useRemoval } from '@/core/list/useRemoval'
import { yesNo } from '@/core/list/yesNo'

/** What is typed of any service elsewhere. */
export interface UpstreamForm {
  name: string
  kind: string
  allow_private: boolean
  is_enabled: boolean
}

/** What is known of it. */
export type Upstream<F extends UpstreamForm> = Pick<F, 'name' | 'kind' | 'is_enabled'> & { id: number }

export interface UpstreamOptions<F extends UpstreamForm, T extends Upstream<F>> {
  /** As the labels of rights name it. */
  resource: 'chat_provider' | 'image_provider' | 'notice_channel'
  api: {
    list(query: ListQuery): Promise<Page<T>>
    create(form: F): Promise<T>
    change(id: number, change: Partial<F>): Promise<T>
    remove(ids: number[]): Promise<void>
    restore(ids: number[]): Promise<void>
    enable(ids: number[], on: boolean): Promise<unknown>
  }
  blank: () => F
  /** What the form shows of a row; what is stored and never sent back is empty. */
  from: (row: T) => F
  kinds: readonly F['kind'][]
  kindWord: (kind: F['kind']) => string
  /** Where it is, below its name. */
  where: (row: T) => string
  sort: string
  /** Message keys of what is called otherwise for each sort of service. */
  labels: { create: string; search: string; enabledHint: string; kindHint?: string }
  /** Columns and fields between those that all have. */
  columns: readonly Column<T>[]
  fields: (editor: EditorOf<F, T>) => readonly Field<F>[]
  test: {
    run: (row: T) => unknown
    permission: PermissionLabel
    label?: string
    icon?: Component
    /** Its answers stand side by side, so that several can be asked at once. */
    many?: boolean
  }
}

export interface Upstreams<F extends UpstreamForm, T extends Upstream<F>> {
  list: List<T>
  columns: readonly Column<T>[]
  editor: EditorOf<F, T>
  fields: readonly Field<F>[]
  rowActions: readonly RowAction<T>[]
  batchActions: readonly BatchAction<T>[]
  where: (row: T) => string
  mayCreate: PermissionLabel
  createLabel: string
}

/** The list of services elsewhere that are asked for the same, with all that is done with them. */
export function useUpstreams<F extends UpstreamForm, T extends Upstream<F>>(options: UpstreamOptions<F, T>): Upstreams<F, T> {
  const { t } = useI18n()
  const { api, kinds, kindWord, labels, resource } = options
  const kindOptions = () => kinds.map((value) => ({ value, label: kindWord(value) }))

  const filters: Filter[] = [
    { kind: 'search', key: 'q', label: labels.search },
    { kind: 'select', key: 'kind', label: 'upstreams.kind', options: kindOptions },
    { kind: 'select', key: 'is_enabled', label: 'upstreams.state', options: yesNo('upstreams.on', 'upstreams.off') },
  ]
  const list = useList<T>({ ask: api.list, filters, sort: options.sort })
  const columns: Column<T>[] = [
    { key: 'name', label: 'upstreams.name', sort: 'name', card: 'title' },
    { key: 'kind', label: 'upstreams.kind', text: ({ kind }) => kindWord(kind) },
    ...options.columns,
  ]

  const editor = useEditor<F, T>({
    blank: options.blank,
    from: options.from,
    create: api.create,
    update: (row, changed) => api.change(row.id, changed),
    saved: () => sayAndReload(t('list.form.saved'), list.load),
  })
  const fields: Field<F>[] = [
    { key: 'name', kind: 'text', label: 'upstreams.name', required: true, max: 128 },
    { key: 'kind', kind: 'select', label: 'upstreams.kind', hint: labels.kindHint, required: true, options: kindOptions },
    ...options.fields(editor),
    { key: 'is_enabled', kind: 'switch', label: 'upstreams.enabled', hint: labels.enabledHint },
  ]

  const { remove } = useRemoval<T>({ remove: api.remove, restore: api.restore, nameOf: ({ name }) => name, reload: list.load })
  const enable = useEnable<T>({ enable: api.enable, isOn: (row) => row.is_enabled, reload: list.load })
  const mayUpdate = `perm:${resource}:update` as const
  const mayDelete = `perm:${resource}:delete` as const
  const { run: test, permission, many, label = 'upstreams.test', icon = Plug } = options.test
  const testing = { key: 'test', label, icon, permission }
  const rowActions: RowAction<T>[] = [
    { ...testing, run: test },
    { key: 'edit', label: 'upstreams.edit', icon: Pencil, run: editor.edit, permission: mayUpdate },
    { key: 'delete', label: 'upstreams.delete', icon: Trash2, danger: true, run: (row) => remove([row]), permission: mayDelete },
  ]
  const batchActions: BatchAction<T>[] = [
    ...(many ? [{ ...testing, run: (rows: T[]) => rows.forEach((row) => void test(row)) }] : []),
    { key: 'enable', label: 'upstreams.enable', icon: CircleCheck, run: (rows) => enable(rows, true), permission: mayUpdate },
    { key: 'disable', label: 'upstreams.disable', icon: CircleSlash, run: (rows) => enable(rows, false), permission: mayUpdate },
    { key: 'delete', label: 'upstreams.delete', icon: Trash2, danger: true, run: remove, permission: mayDelete },
  ]

  return {
    list,
    columns,
    editor,
    fields,
    rowActions,
    batchActions,
    where: options.where,
    mayCreate: `perm:${resource}:create`,
    createLabel: labels.create,
  }
}

export const isWebAddress = (text: string | null): boolean => /^https?:\/\/\S+$/i.test(text?.trim() ?? '')

/** Whether it may be on this machine, for those that have an address. */
export function privateField<F extends UpstreamForm>(shown: (form: F) => boolean, isAdministrator: () => boolean): Field<F> {
  return {
    key: 'allow_private',
    kind: 'switch',
    label: 'upstreams.private',
    hint: 'upstreams.privateHint',
    shown,
    // Anybody may forbid it.
    disabled: ({ allow_private }) => !allow_private && !isAdministrator(),
  }
}
