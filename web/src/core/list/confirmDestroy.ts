import { ElMessageBox } from 'element-plus'
import { h } from 'vue'
import { i18n } from '@/core/i18n/i18n'

const shownNames = 8

/** Asks before something that cannot be undone, and names what it destroys. True when the person means it. */
export async function confirmDestroy(question: {
  title: string
  text: string
  names?: readonly string[]
  action: string
}): Promise<boolean> {
  const { t } = i18n.global
  const names = question.names ?? []
  const more = names.length - shownNames
  const message = h('div', { class: 'destroy' }, [
    h('p', question.text),
    names.length > 0 &&
      h('ul', [
        ...names.slice(0, shownNames).map((name) => h('li', name)),
        more > 0 ? h('li', { class: 'muted' }, t('list.andMore', { n: more })) : null,
      ]),
  ])
  try {
    await ElMessageBox.confirm(message, question.title, {
      confirmButtonText: question.action,
      cancelButtonText: t('list.keep'),
      confirmButtonClass: 'el-button--danger',
      autofocus: false,
      customClass: 'destroy-box',
    })
    return true
  } catch {
    // The box rejects when it is closed: that is the answer no.
    return false
  }
}
