import { useI18n } from 'vue-i18n'
import { useFormat } from '@/core/format/useFormat'
import type { Job } from '@/core/jobs/types'

export const jobStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const
export const jobQueueNames = ['system', 'chat', 'images', 'files'] as const
export const jobKinds = [
  'chat.answer',
  'chat.title',
  'chat.pull',
  'chat.purge',
  'data.export',
  'data.sweep',
  'images.text2image',
  'images.zip',
  'images.remove_files',
  'images.sweep',
  'notify.deliver',
  'notify.prune',
  'system.ping',
  'system.remove_jobs',
  'transfer.export',
  'transfer.check',
  'transfer.import',
  'transfer.undo',
  'transfer.sweep',
] as const

/** A higher one is served first. */
export const priorities = [10, 0, -10] as const

const tones = { queued: 'neutral', running: 'accent', done: 'ok', failed: 'bad', cancelled: 'neutral' } as const

type Timed = Pick<Job, 'started_at' | 'finished_at'>

/** What jobs are called in the reader's language. */
export function useJobWords() {
  const { t, te } = useI18n()
  const { duration } = useFormat()
  const named = (key: string, fallback: string): string => (te(key) ? t(key) : fallback)
  const kindName = (kind: string): string => named(`jobs.kinds.${kind}`, kind)
  const queueName = (queue: string): string => named(`jobs.queues.${queue}`, queue)
  const titleOf = (job: Pick<Job, 'title' | 'kind'>): string => job.title || kindName(job.kind)

  const stateWord = ({ state, cancelling }: Pick<Job, 'state' | 'cancelling'>): string =>
    t(cancelling && state === 'running' ? 'jobs.stopping' : `jobs.states.${state}`)
  const toneOf = ({ state }: Pick<Job, 'state'>): (typeof tones)[Job['state']] => tones[state]

  const priorityWord = (priority: number): string => named(`jobs.priorities.${priority > 0 ? 'high' : priority < 0 ? 'low' : 'normal'}`, '')

  function span(ms: number): string {
    if (ms < 10_000) return duration(ms)
    if (ms < 60_000) return duration(Math.round(ms / 1000) * 1000)
    const minutes = Math.floor(ms / 60_000)
    if (minutes < 60) return t('jobs.minutes', { m: minutes, s: Math.floor(ms / 1000) % 60 })
    return t('jobs.hours', { h: Math.floor(minutes / 60), m: minutes % 60 })
  }

  /** Nothing for a job that nobody has begun. */
  function took({ started_at, finished_at }: Timed, now = Date.now()): string {
    if (!started_at) return ''
    return span(Math.max(0, (finished_at ? Date.parse(finished_at) : now) - Date.parse(started_at)))
  }

  return { kindName, queueName, titleOf, stateWord, toneOf, priorityWord, span, took }
}
