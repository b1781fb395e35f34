import { CircleCheck, CircleSlash, Pencil, Plug, Trash2 } from '@lucide/vue'
import { useI18n } from 'vue-i18n'
import type { PermissionLabel } from '@/core/api/permissions'
import type { Field } from '@/core/forms/types'
import { sayAndReload, useEditor } from '@/core/forms/useEditor'
import type { BatchAction, Column, Filter, ListQuery, Page, RowAction } from '@/core/list/types'
import { useEnable } from '@/core/list/useEnable'
import { useList } from '@/core/list/useList'
import { useRemoval } from '@/core/list/useRemoval'
import { yesNo } from '@/core/list/yesNo'

/** The kind that is part of the product: no address, no key. */
const BUILTIN = 'builtin'
const HIGHEST_ORDER = 1_000_000

/** What is typed of any service elsewhere. Its key: empty for the one that is stored, null for none. */
export interface UpstreamForm {
  name: string
  kind: string
  base_url: string
  key: string | null
  allow_private: boolean
  default_model: string
  is_enabled: boolean
  sort_order: number
}

/** What is known of it: whether there is a key, and never the key. */
export type Upstream<F extends UpstreamForm> = Omit<F, 'key'> & { id: number; has_key: boolean }

export interface UpstreamOptions<F extends UpstreamForm, T extends Upstream<F>> {
  /** As the labels of rights name it. */
  resource: 'chat_provider' | 'image_provider'
  api: {
    listProviders(query: ListQuery): Promise<Page<T>>
    createProvider(form: F): Promise<T>
    changeProvider(id: number, change: Partial<F>): Promise<T>
    removeProviders(ids: number[]): Promise<void>
    restoreProviders(ids: number[]): Promise<void>
  }
  blank: () => F
  kinds: readonly F['kind'][]
  /** The message key of a kind. */
  kindLabel: (kind: F['kind']) => string
  hints: { url: string; kind?: string }
  lowestOrder: number
  /** Fields and columns of this kind of service alone. */
  fields: readonly Field<F>[]
  columns?: readonly Column<T>[]
  test: (row: T) => unknown
  /** Its answers stand side by side, so that several can be asked at once. */
  testsMany?: boolean
  mayTest: PermissionLabel
  isAdministrator: () => boolean
}

export const isElsewhere = ({ kind }: Pick<UpstreamForm, 'kind'>): boolean => kind !== BUILTIN

/** The list of services elsewhere that are asked for the same, with all that is done with them. */
export function useUpstreams<F extends UpstreamForm, T extends Upstream<F>>(options: UpstreamOptions<F, T>) {
  const { t } = useI18n()
  const { api, kinds, kindLabel, resource } = options
  const kindOptions = () => kinds.map((value) => ({ value, label: t(kindLabel(value)) }))

  const filters: Filter[] = [
    { kind: 'search', key: 'q', label: 'upstreams.search' },
    { kind: 'select', key: 'kind', label: 'upstreams.kind', options: kindOptions },
    { kind: 'select', key: 'is_enabled', label: 'upstreams.state', options: yesNo('upstreams.on', 'upstreams.off') },
  ]
  const list = useList<T>({ ask: api.listProviders, filters, sort: 'sort_order' })
  const columns: Column<T>[] = [
    { key: 'name', label: 'upstreams.name', sort: 'name', card: 'title' },
    { key: 'kind', label: 'upstreams.kind', text: ({ kind }) => t(kindLabel(kind)) },
    { key: 'model', label: 'upstreams.model', text: (row) => row.default_model, mono: true },
    { key: 'key', label: 'upstreams.key', text: (row) => t(row.has_key ? 'upstreams.hasKey' : 'upstreams.noKey') },
    { key: 'state', label: 'upstreams.state' },
    ...(options.columns ?? []),
    { key: 'order', label: 'upstreams.order', text: (row) => String(row.sort_order), sort: 'sort_order', align: 'end', card: 'hide' },
  ]

  const editor = useEditor<F, T>({
    blank: options.blank,
    from: (row) => ({ ...options.blank(), ...formOf(options.blank(), row), key: '' }),
    create: api.createProvider,
    update: (row, changed) => api.changeProvider(row.id, changed),
    saved: () => sayAndReload(t('list.form.saved'), list.load),
  })
  const fields: Field<F>[] = [
    { key: 'name', kind: 'text', label: 'upstreams.name', required: true, max: 128 },
    { key: 'kind', kind: 'select', label: 'upstreams.kind', hint: options.hints.kind, required: true, options: kindOptions },
    {
      key: 'base_url',
      kind: 'text',
      label: 'upstreams.url',
      hint: options.hints.url,
      required: true,
      max: 512,
      mono: true,
      shown: isElsewhere,
      check: ({ base_url }) => (/^https?:\/\/\S+$/i.test(base_url.trim()) ? undefined : t('upstreams.urlNeeded')),
    },
    { key: 'key', kind: 'custom', label: 'upstreams.key', hint: 'upstreams.keyHint', shown: isElsewhere },
    {
      key: 'allow_private',
      kind: 'switch',
      label: 'upstreams.private',
      hint: 'upstreams.privateHint',
      shown: isElsewhere,
      // Anybody may forbid it.
      disabled: ({ allow_private }) => !allow_private && !options.isAdministrator(),
    },
    ...options.fields,
    {
      key: 'sort_order',
      kind: 'number',
      label: 'upstreams.order',
      hint: 'upstreams.orderHint',
      required: true,
      least: options.lowestOrder,
      most: HIGHEST_ORDER,
    },
    { key: 'is_enabled', kind: 'switch', label: 'upstreams.enabled', hint: 'upstreams.enabledHint' },
  ]

  const { remove } = useRemoval<T>({
    remove: api.removeProviders,
    restore: api.restoreProviders,
    nameOf: ({ name }) => name,
    reload: list.load,
  })
  const enable = useEnable<T>({
    enable: (ids, is_enabled) => Promise.all(ids.map((id) => api.changeProvider(id, { is_enabled } as Partial<F>))),
    isOn: (row) => row.is_enabled,
    reload: list.load,
  })
  const mayUpdate = `perm:${resource}:update` as const
  const mayDelete = `perm:${resource}:delete` as const
  const testing = { key: 'test', label: 'upstreams.test', icon: Plug, permission: options.mayTest }
  const rowActions: RowAction<T>[] = [
    { ...testing, run: options.test },
    { key: 'edit', label: 'upstreams.edit', icon: Pencil, run: editor.edit, permission: mayUpdate },
    { key: 'delete', label: 'upstreams.delete', icon: Trash2, danger: true, run: (row) => remove([row]), permission: mayDelete },
  ]
  const batchActions: BatchAction<T>[] = [
    ...(options.testsMany ? [{ ...testing, run: (rows: T[]) => rows.forEach((row) => void options.test(row)) }] : []),
    { key: 'enable', label: 'upstreams.enable', icon: CircleCheck, run: (rows) => enable(rows, true), permission: mayUpdate },
    { key: 'disable', label: 'upstreams.disable', icon: CircleSlash, run: (rows) => enable(rows, false), permission: mayUpdate },
    { key: 'delete', label: 'upstreams.delete', icon: Trash2, danger: true, run: remove, permission: mayDelete },
  ]

  return { list, columns, editor, fields, rowActions, batchActions, mayCreate: `perm:${resource}:create` as const }
}

export type Upstreams<F extends UpstreamForm, T extends Upstream<F>> = ReturnType<typeof useUpstreams<F, T>>

/** Of a row what the form has. */
function formOf<F extends object>(form: F, row: object): Partial<F> {
  return Object.fromEntries(Object.entries(row).filter(([key]) => key in form)) as Partial<F>
}
