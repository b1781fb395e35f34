import { useI18n } from 'vue-i18n'
import { attempt } from './attempt'
import { say } from './notices'
import type { Row } from './types'

export interface EnableOptions<T extends Row> {
  enable: (ids: T['id'][], on: boolean) => Promise<unknown>
  isOn: (row: T) => boolean
  reload: () => unknown
}

/** Switches rows on or off at once, with a way back for those that really changed. */
export function useEnable<T extends Row>(options: EnableOptions<T>): (rows: T[], on: boolean) => Promise<void> {
  const { t } = useI18n()

  return async (rows, on) => {
    const ids = rows.filter((row) => options.isOn(row) !== on).map(({ id }) => id)
    if (ids.length === 0) return say(t('list.nothingToDo'))
    if (!(await attempt(() => options.enable(ids, on)))) return
    say(t(on ? 'list.nowEnabled' : 'list.nowDisabled', ids.length), async () => {
      if (await attempt(() => options.enable(ids, !on))) await options.reload()
    })
    await options.reload()
  }
}
