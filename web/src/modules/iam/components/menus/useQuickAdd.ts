import { watch } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Field } from '@/core/forms/types'
import { sayAndReload, useEditor, type EditorOf } from '@/core/forms/useEditor'
import type { Option } from '@/core/list/types'
import { viewNames } from '@/core/router/menu'
import * as api from '../../api/menus'

export interface QuickForm {
  title: string
  name: string
  parent: string
  path: string
  view: string
  resource: string
  actions: string[]
  icon: string
}

export const usualActions = ['get', 'create', 'update', 'delete'] as const

/** "sales-orders" speaks of the resource "sales_order". */
export function resourceOf(name: string): string {
  return name.replace(/[^a-z0-9]+/g, '_').replace(/ies$/, 'y').replace(/s$/, '')
}

/** A page and its usual buttons in one step. Path and resource follow the name until somebody writes them. */
export function useQuickAdd(
  parentOptions: () => Option[],
  reload: () => unknown,
): { quick: EditorOf<QuickForm, never>; quickFields: Field<QuickForm>[] } {
  const { t } = useI18n()

  const quick: EditorOf<QuickForm, never> = useEditor<QuickForm, never>({
    blank: () => ({ title: '', name: '', parent: '', path: '', view: '', resource: '', actions: [...usualActions], icon: 'folder' }),
    from: () => {
      throw new Error('Quick add only creates.')
    },
    create: ({ parent, ...form }) => api.quickAdd({ ...form, parent_id: parent ? Number(parent) : null, sort_order: 0 }),
    update: () => Promise.reject(new Error('Quick add only creates.')),
    saved: () => {
      const { title, actions } = quick.form
      return sayAndReload(t('iam.menus.quickAddDone', { name: title, n: actions.filter((action) => action !== 'get').length }), reload)
    },
  })

  watch(
    () => quick.form.name,
    (name, before = '') => {
      if (quick.form.path === '' || quick.form.path === `/${before}`) quick.form.path = name ? `/${name}` : ''
      if (quick.form.resource === '' || quick.form.resource === resourceOf(before)) quick.form.resource = resourceOf(name)
    },
  )

  const quickFields: Field<QuickForm>[] = [
    { key: 'title', kind: 'text', label: 'iam.menus.title', hint: 'iam.menus.titleHint', required: true, max: 128 },
    { key: 'name', kind: 'text', label: 'iam.menus.name', hint: 'iam.menus.nameHint', required: true, max: 96, mono: true },
    { key: 'parent', kind: 'select', label: 'iam.menus.parent', options: parentOptions },
    { key: 'path', kind: 'text', label: 'iam.menus.path', required: true, max: 128, mono: true },
    {
      key: 'view',
      kind: 'select',
      label: 'iam.menus.view',
      hint: 'iam.menus.viewHint',
      options: () => viewNames().map((view) => ({ value: view, label: view })),
      required: true,
    },
    { key: 'resource', kind: 'text', label: 'iam.menus.resource', hint: 'iam.menus.resourceHint', required: true, max: 32, mono: true },
    {
      key: 'actions',
      kind: 'select',
      many: true,
      label: 'iam.menus.actions',
      options: () => usualActions.map((action) => ({ value: action, label: t(`iam.menus.actionNames.${action}`) })),
      required: true,
    },
    { key: 'icon', kind: 'custom', label: 'iam.menus.icon' },
  ]
  return { quick, quickFields }
}
