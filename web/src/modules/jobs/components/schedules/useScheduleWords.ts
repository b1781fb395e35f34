import cronstrue from 'cronstrue'
import 'cronstrue/locales/zh_CN'
import { useI18n } from 'vue-i18n'
import type { RunState, Task, TaskField } from '../../api/schedules'
import { useJobWords } from '../useJobWords'

export const misfires = ['once', 'each', 'skip'] as const
export const overlaps = ['skip', 'wait', 'allow'] as const
export const runStates = ['active', 'done', 'failed', 'cancelled', 'skipped', 'missed'] as const

const tones = {
  waiting: 'neutral',
  queued: 'neutral',
  running: 'accent',
  done: 'ok',
  failed: 'bad',
  cancelled: 'neutral',
  skipped: 'neutral',
  missed: 'warn',
} as const

/** What schedules are called in the reader's language; the server's own words where there is no translation. */
export function useScheduleWords() {
  const { t, te, locale } = useI18n()
  const { kindName, span } = useJobWords()
  const named = (key: string, fallback: string): string => (te(key) ? t(key) : fallback)

  const aboutOf = ({ kind, about }: Pick<Task, 'kind' | 'about'>): string => named(`jobs.schedules.tasks.${kind}.about`, about)
  const labelOf = (kind: string, { name, label }: Pick<TaskField, 'name' | 'label'>): string =>
    named(`jobs.schedules.tasks.${kind}.${name}.label`, label)
  const hintOf = (kind: string, { name, hint }: Pick<TaskField, 'name' | 'hint'>): string =>
    named(`jobs.schedules.tasks.${kind}.${name}.hint`, hint)
  const choiceOf = (kind: string, name: string, value: unknown): string =>
    named(`jobs.schedules.tasks.${kind}.${name}.choices.${String(value)}`, String(value))

  /** In plain words; nothing for what cannot be read. */
  function reading(cron: string): string {
    try {
      return cronstrue.toString(cron, {
        locale: locale.value === 'zh-CN' ? 'zh_CN' : 'en',
        use24HourTimeFormat: true,
        throwExceptionOnParseError: true,
      })
    } catch {
      return ''
    }
  }

  /** As the clocks of that place say it, with how far they are from UTC: so a change of the clocks is seen. */
  function momentIn(iso: string, timeZone: string): string {
    return new Intl.DateTimeFormat(locale.value, {
      timeZone,
      weekday: 'short',
      year: 'numeric',
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZoneName: 'shortOffset',
    })
      .format(new Date(iso))
      // Browsers say it in two ways.
      .replace(/\bGMT\+0$|\bGMT$/, 'UTC')
  }

  const stateWord = (state: RunState): string => named(`jobs.schedules.states.${state}`, t(`jobs.states.${state}`))
  const toneOf = (state: RunState): (typeof tones)[RunState] => tones[state]
  const zoneWord = (zone: string): string => zone.replaceAll('_', ' ')

  function every(seconds: number): string {
    if (seconds % 3600 === 0) return t('jobs.schedules.everyHours', seconds / 3600)
    return seconds % 60 === 0 ? t('jobs.schedules.everyMinutes', seconds / 60) : t('jobs.schedules.everySpan', { time: span(seconds * 1000) })
  }

  return { kindName, span, aboutOf, labelOf, hintOf, choiceOf, reading, momentIn, stateWord, toneOf, zoneWord, every }
}
