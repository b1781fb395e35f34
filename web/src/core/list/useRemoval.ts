import { ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { attempt } from './attempt'
import { say } from './notices'
import type { Row } from './types'

export interface RemovalOptions<T extends Row> {
  remove: (ids: T['id'][]) => Promise<unknown>
  restore: (ids: T['id'][]) => Promise<unknown>
  nameOf: (row: T) => string
  /** Called after the deletion and after an undo. */
  reload: () => unknown
}

/** Deletes at once and offers to undo it: quicker than a question, and safer, since people click questions away. */
export function useRemoval<T extends Row>(options: RemovalOptions<T>): { remove: (rows: T[]) => Promise<void>; busy: Ref<boolean> } {
  const { t } = useI18n()
  const busy = ref(false)

  async function remove(rows: T[]): Promise<void> {
    if (busy.value || rows.length === 0) return
    const ids = rows.map(({ id }) => id)
    const what = rows.length === 1 && rows[0] ? options.nameOf(rows[0]) : t('list.things', rows.length)
    busy.value = true
    const done = await attempt(() => options.remove(ids))
    busy.value = false
    if (!done) return
    say(t('list.deleted', { what }), async () => {
      if (await attempt(() => options.restore(ids))) {
        say(t('list.restored', { what }))
        await options.reload()
      }
    })
    await options.reload()
  }

  return { remove, busy }
}
