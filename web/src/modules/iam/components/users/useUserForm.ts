import { computed, ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Field } from '@/core/forms/types'
import { useEditor, type EditorOf } from '@/core/forms/useEditor'
import { attempt } from '@/core/list/attempt'
import { say } from '@/core/list/notices'
import type { Option } from '@/core/list/types'
import { roleOptions, type RoleName } from '../../api/roles'
import * as api from '../../api/users'
import { useSession } from '../../store/session'

export interface UserForm {
  username: string
  display_name: string
  email: string
  /** Ids as texts, as selects want them. */
  roles: string[]
  is_active: boolean
  is_administrator: boolean
  password: string
}

export interface MadePassword {
  name: string
  password: string
}

/** The body of a request: only what the form holds, in the server's words. */
export function toBody(form: Partial<UserForm>): Partial<api.UserBody> {
  const { roles, email, password, ...rest } = form
  return {
    ...rest,
    // Nobody is nameless: who has no other name is called by the user name.
    ...(rest.display_name !== undefined && { display_name: rest.display_name.trim() || rest.username }),
    ...(email !== undefined && { email: email.trim() || null }),
    ...(roles && { role_ids: roles.map(Number) }),
    ...(password && { password }),
  }
}

export function useUserForm(reload: () => unknown): {
  editor: EditorOf<UserForm, api.User>
  fields: Ref<Field<UserForm>[]>
  roles: Ref<RoleName[]>
  made: Ref<MadePassword | null>
} {
  const { t } = useI18n()
  const session = useSession()
  const roles = ref<RoleName[]>([])
  const made = ref<MadePassword | null>(null)
  const options = (): Option[] => roles.value.map(({ id, name }) => ({ value: String(id), label: name }))
  const isMe = (): boolean => editor.row?.id === session.me?.id

  const editor = useEditor<UserForm, api.User, api.User & { password?: string | null }>({
    blank: () => ({ username: '', display_name: '', email: '', roles: [], is_active: true, is_administrator: false, password: '' }),
    from: (user) => ({
      username: user.username,
      display_name: user.display_name,
      email: user.email ?? '',
      roles: user.roles.map(({ id }) => String(id)),
      is_active: user.is_active,
      is_administrator: user.is_administrator,
      password: '',
    }),
    create: (form) => api.createUser(toBody(form)),
    update: (user, changed) => api.updateUser(user.id, toBody(changed)),
    saved: async (user) => {
      if (user.password) made.value = { name: user.display_name || user.username, password: user.password }
      else say(t('list.form.saved'))
      if (user.id === session.me?.id) await session.reloadRights()
      await reload()
    },
  })

  const fields = computed<Field<UserForm>[]>(() => [
    { key: 'username', kind: 'text', label: 'iam.users.username', required: true, max: 64 },
    { key: 'display_name', kind: 'text', label: 'iam.users.displayName', max: 64 },
    { key: 'email', kind: 'text', label: 'iam.users.email', max: 254 },
    { key: 'roles', kind: 'select', label: 'iam.users.roles', options, many: true },
    { key: 'is_active', kind: 'switch', label: 'iam.enabled', hint: 'iam.users.activeHint', disabled: isMe },
    {
      key: 'is_administrator',
      kind: 'switch',
      label: 'iam.users.administrator',
      hint: 'iam.users.administratorHint',
      shown: () => session.me?.is_administrator ?? false,
    },
    { key: 'password', kind: 'custom', bare: true, label: 'iam.users.password', shown: () => editor.isNew },
  ])

  void attempt(async () => {
    roles.value = await roleOptions()
  })
  return { editor, fields, roles, made }
}
