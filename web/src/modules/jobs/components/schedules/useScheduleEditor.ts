import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Field } from '@/core/forms/types'
import { sayAndReload, useEditor } from '@/core/forms/useEditor'
import { deviceZone } from '@/core/format/zone'
import { fieldErrors } from '@/core/http/errorText'
import { ApiError } from '@/core/http/problem'
import * as api from '../../api/schedules'
import { isMissing, startOf } from './taskArguments'
import { misfires, overlaps, useScheduleWords } from './useScheduleWords'

type Form = api.ScheduleForm

/** The form of a schedule, whose arguments are those of the chosen task. */
export function useScheduleEditor(options: Ref<api.ScheduleOptions | null>, reload: () => unknown) {
  const { t } = useI18n()
  const { kindName, aboutOf, zoneWord } = useScheduleWords()
  const tasks = computed(() => options.value?.tasks ?? [])
  const taskOf = (kind: string): api.Task | undefined => tasks.value.find((one) => one.kind === kind)
  const zones = computed(() => options.value?.time_zones ?? [])
  const ownZone = (): string => (zones.value.includes(deviceZone()) ? deviceZone() : 'UTC')

  const blank = (): Form => ({
    name: '',
    kind: '',
    payload: {},
    cron: '0 3 * * *',
    time_zone: ownZone(),
    misfire: 'once',
    overlap: 'skip',
    is_enabled: true,
  })
  const editor = useEditor<Form, api.Schedule>({
    blank,
    from: ({ name, kind, payload, cron, time_zone, misfire, overlap, is_enabled }) => ({
      name,
      kind,
      payload,
      cron,
      time_zone,
      misfire,
      overlap,
      is_enabled,
    }),
    create: api.createSchedule,
    update: (row, changed) => api.changeSchedule(row.id, changed),
    saved: () => sayAndReload(t('list.form.saved'), reload),
  })

  /** Another task has other arguments. */
  function choose(kind: string): void {
    editor.form.kind = kind
    editor.form.payload = editor.row?.kind === kind ? { ...editor.row.payload } : startOf(taskOf(kind)?.fields ?? [])
    if (!editor.form.name.trim()) editor.form.name = kindName(kind)
  }

  const task = computed(() => taskOf(editor.form.kind))
  const missing = computed(() =>
    (task.value?.fields ?? []).filter((field) => isMissing(field, editor.form.payload[field.name])).map(({ name }) => name),
  )
  /** What is wrong with each argument: known here after the first try to save, or said by the server. */
  const argumentErrors = computed<Record<string, string>>(() => {
    const refused = (editor.error?.fields ?? []).flatMap((one) => {
      const name = one.loc[1] === 'payload' ? String(one.loc[2] ?? '') : ''
      const words = Object.values(fieldErrors(new ApiError('validation_failed', 422, [one])))[0]
      return name && words ? [[name, words] as const] : []
    })
    const needed = editor.tries > 0 ? missing.value.map((name) => [name, t('list.form.needed')] as const) : []
    return Object.fromEntries([...refused, ...needed])
  })

  const fields: Field<Form>[] = [
    { key: 'kind', kind: 'custom', label: 'jobs.schedules.task', required: true },
    {
      key: 'payload',
      kind: 'custom',
      bare: true,
      label: 'jobs.schedules.arguments',
      shown: ({ kind }) => taskOf(kind) !== undefined,
      check: () => (missing.value.length > 0 ? t('list.form.needed') : undefined),
    },
    { key: 'name', kind: 'text', label: 'jobs.schedules.name', required: true, max: 128 },
    {
      key: 'time_zone',
      kind: 'select',
      label: 'jobs.schedules.zone',
      hint: 'jobs.schedules.zoneHint',
      required: true,
      options: () => zones.value.map((value) => ({ value, label: zoneWord(value) })),
    },
    { key: 'cron', kind: 'custom', bare: true, label: 'jobs.schedules.when', required: true },
    {
      key: 'misfire',
      kind: 'select',
      label: 'jobs.schedules.misfire',
      hint: 'jobs.schedules.misfireHint',
      required: true,
      options: () => misfires.map((value) => ({ value, label: t(`jobs.schedules.misfires.${value}`) })),
    },
    {
      key: 'overlap',
      kind: 'select',
      label: 'jobs.schedules.overlap',
      hint: 'jobs.schedules.overlapHint',
      required: true,
      options: () => overlaps.map((value) => ({ value, label: t(`jobs.schedules.overlaps.${value}`) })),
    },
    { key: 'is_enabled', kind: 'switch', label: 'jobs.schedules.enabled', hint: 'jobs.schedules.enabledHint' },
  ]
  return { editor, fields, tasks, task, choose, argumentErrors, aboutOf }
}
