import type { Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Field } from '@/core/forms/types'
import { useEditor, type EditorOf } from '@/core/forms/useEditor'
import { say } from '@/core/list/notices'
import * as api from '../../api/users'
import type { MadePassword } from './useUserForm'

interface ResetForm {
  password: string
}

/** A new password for somebody else: a made one is shown once, one that was typed is known already. */
export function useResetPassword(
  made: Ref<MadePassword | null>,
  reload: () => unknown,
): { reset: EditorOf<ResetForm, api.User>; resetFields: Field<ResetForm>[] } {
  const { t } = useI18n()

  const reset: EditorOf<ResetForm, api.User> = useEditor<ResetForm, api.User, { password: string | null }>({
    blank: () => ({ password: '' }),
    from: () => ({ password: '' }),
    update: (user, { password }) => api.resetPassword(user.id, password),
    saved: ({ password }) => {
      const name = reset.row?.display_name || reset.row?.username || ''
      if (password && !reset.form.password) made.value = { name, password }
      else say(t('iam.users.resetDone', { name }))
      return reload()
    },
  })

  return { reset, resetFields: [{ key: 'password', kind: 'custom', bare: true, label: 'iam.users.password' }] }
}
