import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { permissionLabels } from '@/core/api/permissions'
import type { Field } from '@/core/forms/types'
import { sayAndReload, useEditor, type EditorOf } from '@/core/forms/useEditor'
import type { Option } from '@/core/list/types'
import { useRightWords } from '@/core/permission/useRightWords'
import { viewNames } from '@/core/router/menu'
import * as api from '../../api/menus'
import { parentsFor } from './menuTree'

export interface MenuForm {
  kind: api.Menu['kind']
  /** An id as text; empty at the top level. */
  parent: string
  title: string
  name: string
  path: string
  view: string
  permission: string
  icon: string
  sort_order: number
  is_visible: boolean
  is_enabled: boolean
}

/** A button is known by its label alone, so the form asks for no other name. */
export function toBody(form: Partial<MenuForm>, kind: MenuForm['kind']): Partial<api.MenuBody> {
  const { parent, permission, name, ...rest } = form
  return {
    ...rest,
    ...(parent !== undefined && { parent_id: parent ? Number(parent) : null }),
    ...(permission !== undefined && { permission: permission || null }),
    ...(kind === 'button' ? permission && { name: permission } : name !== undefined && { name }),
  }
}

export function useMenuForm(
  menus: ComputedRef<api.Menu[]>,
  reload: () => unknown,
): { editor: EditorOf<MenuForm, api.Menu>; fields: ComputedRef<Field<MenuForm>[]>; parentOptions: (kind: MenuForm['kind']) => Option[] } {
  const { t } = useI18n()
  const { titleOf, meaningOf } = useRightWords()

  const editor = useEditor<MenuForm, api.Menu>({
    blank: () => ({
      kind: 'page',
      parent: '',
      title: '',
      name: '',
      path: '',
      view: '',
      permission: '',
      icon: '',
      sort_order: 0,
      is_visible: true,
      is_enabled: true,
    }),
    from: ({ parent_id, permission, kind, title, name, path, view, icon, sort_order, is_visible, is_enabled }) => ({
      parent: parent_id === null ? '' : String(parent_id),
      permission: permission ?? '',
      ...{ kind, title, name, path, view, icon, sort_order, is_visible, is_enabled },
    }),
    create: (form) => api.createMenu({ ...toBody(form, form.kind), kind: form.kind }),
    update: (menu, changed) => api.updateMenu(menu.id, toBody(changed, menu.kind)),
    saved: () => sayAndReload(t('list.form.saved'), reload),
  })

  function parentOptions(kind: MenuForm['kind']): Option[] {
    const top = kind === 'button' ? [] : [{ value: '', label: t('iam.menus.top') }]
    const self = editor.isOpen && !editor.isNew ? (editor.row?.id ?? null) : null
    return [...top, ...parentsFor(menus.value, kind, self).map(({ id, title }) => ({ value: String(id), label: titleOf(title) }))]
  }

  const kinds = ['directory', 'page', 'button'] as const
  const isPage = ({ kind }: MenuForm): boolean => kind === 'page'
  const isButton = ({ kind }: MenuForm): boolean => kind === 'button'
  const hasIcon = (form: MenuForm): boolean => !isButton(form)

  const fields = computed<Field<MenuForm>[]>(() => [
    {
      key: 'kind',
      kind: 'select',
      label: 'iam.menus.kind',
      options: () => kinds.map((kind) => ({ value: kind, label: t(`iam.menus.kinds.${kind}`) })),
      required: true,
      disabled: () => !editor.isNew,
    },
    {
      key: 'parent',
      kind: 'select',
      label: 'iam.menus.parent',
      options: () => parentOptions(editor.form.kind),
      required: isButton(editor.form),
    },
    { key: 'title', kind: 'text', label: 'iam.menus.title', hint: 'iam.menus.titleHint', required: true, max: 128 },
    { key: 'name', kind: 'text', label: 'iam.menus.name', hint: 'iam.menus.nameHint', required: true, max: 96, mono: true, shown: hasIcon },
    { key: 'path', kind: 'text', label: 'iam.menus.path', hint: 'iam.menus.pathHint', required: true, max: 128, mono: true, shown: isPage },
    {
      key: 'view',
      kind: 'select',
      label: 'iam.menus.view',
      hint: 'iam.menus.viewHint',
      options: () => viewNames().map((view) => ({ value: view, label: view })),
      required: true,
      shown: isPage,
    },
    {
      key: 'permission',
      kind: 'select',
      label: 'iam.menus.permission',
      hint: 'iam.menus.permissionHint',
      options: () => permissionLabels.map((label) => ({ value: label, label: `${meaningOf(label)} (${label})` })),
      clearable: true,
      required: isButton(editor.form),
      shown: (form) => form.kind !== 'directory',
    },
    { key: 'icon', kind: 'custom', label: 'iam.menus.icon', shown: hasIcon },
    { key: 'sort_order', kind: 'number', label: 'iam.sortOrder', least: 0, most: 1_000_000 },
    { key: 'is_visible', kind: 'switch', label: 'iam.menus.visible', hint: 'iam.menus.visibleHint', shown: hasIcon },
    { key: 'is_enabled', kind: 'switch', label: 'iam.enabled', hint: 'iam.menus.enabledHint' },
  ])

  return { editor, fields, parentOptions }
}
