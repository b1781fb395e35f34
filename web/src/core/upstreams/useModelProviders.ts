import { useI18n } from 'vue-i18n'
import type { PermissionLabel } from '@/core/api/permissions'
import type { Field } from '@/core/forms/types'
import type { Column, ListQuery, Page } from '@/core/list/types'
import { isWebAddress, privateField, useUpstreams, type UpstreamForm, type Upstreams } from './useUpstreams'

/** The kind that is part of the product: no address, no key. */
const BUILTIN = 'builtin'
const HIGHEST_ORDER = 1_000_000

/** What is typed of a service that has models. Its key: empty for the one that is stored, null for none. */
export interface ModelProviderForm extends UpstreamForm {
  base_url: string
  key: string | null
  default_model: string
  sort_order: number
}

/** What is known of it: whether there is a key, and never the key. */
export type ModelProvider<F extends ModelProviderForm> = Omit<F, 'key'> & { id: number; has_key: boolean }

export interface ModelProviderOptions<F extends ModelProviderForm, T extends ModelProvider<F>> {
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
  testsMany?: boolean
  mayTest: PermissionLabel
  isAdministrator: () => boolean
}

export const isElsewhere = ({ kind }: Pick<UpstreamForm, 'kind'>): boolean => kind !== BUILTIN

/** The services whose models are asked for answers or pictures: with an address, a key and an order. */
export function useModelProviders<F extends ModelProviderForm, T extends ModelProvider<F>>(
  options: ModelProviderOptions<F, T>,
): Upstreams<F, T> {
  const { t } = useI18n()
  const { api, hints } = options

  return useUpstreams<F, T>({
    resource: options.resource,
    api: {
      list: api.listProviders,
      create: api.createProvider,
      change: api.changeProvider,
      remove: api.removeProviders,
      restore: api.restoreProviders,
      enable: (ids, is_enabled) => Promise.all(ids.map((id) => api.changeProvider(id, { is_enabled } as Partial<F>))),
    },
    blank: options.blank,
    from: (row) => ({ ...options.blank(), ...formOf(options.blank(), row), key: '' }),
    kinds: options.kinds,
    kindWord: (kind) => t(options.kindLabel(kind)),
    where: (row) => row.base_url,
    sort: 'sort_order',
    labels: { create: 'upstreams.create', search: 'upstreams.search', enabledHint: 'upstreams.enabledHint', kindHint: hints.kind },
    columns: [
      { key: 'model', label: 'upstreams.model', text: (row) => row.default_model, mono: true },
      { key: 'key', label: 'upstreams.key', text: (row) => t(row.has_key ? 'upstreams.hasKey' : 'upstreams.noKey') },
      { key: 'state', label: 'upstreams.state' },
      ...(options.columns ?? []),
      { key: 'order', label: 'upstreams.order', text: (row) => String(row.sort_order), sort: 'sort_order', align: 'end', card: 'hide' },
    ],
    fields: (editor) => [
      {
        key: 'base_url',
        kind: 'text',
        label: 'upstreams.url',
        hint: hints.url,
        required: true,
        max: 512,
        mono: true,
        shown: isElsewhere,
        check: ({ base_url }) => (isWebAddress(base_url) ? undefined : t('upstreams.urlNeeded')),
      },
      {
        key: 'key',
        kind: 'secret',
        label: 'upstreams.key',
        hint: 'upstreams.keyHint',
        shown: isElsewhere,
        hasStored: () => editor.row?.has_key ?? false,
      },
      privateField<F>(isElsewhere, options.isAdministrator),
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
    ],
    test: { run: options.test, permission: options.mayTest, many: options.testsMany },
  })
}

/** Of a row what the form has. */
function formOf<F extends object>(form: F, row: object): Partial<F> {
  return Object.fromEntries(Object.entries(row).filter(([key]) => key in form)) as Partial<F>
}
