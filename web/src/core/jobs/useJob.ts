import { computed, onScopeDispose, shallowRef, toValue, watch, type MaybeRefOrGetter, type Ref, type ShallowRef } from 'vue'
import { ApiError } from '@/core/http/problem'
import { cancelJob, getJob, retryJob } from './api'
import { followJob } from './followJob'
import { isEnded, type Job, type JobHooks } from './types'

export interface FollowedJob {
  readonly job: Readonly<ShallowRef<Job | null>>
  readonly isRunning: Readonly<Ref<boolean>>
  /** The job cannot be asked for: it is not there, or is another's. */
  readonly isLost: Readonly<ShallowRef<boolean>>
  cancel(): Promise<void>
  /** Starts it again and answers the id of the new job. */
  retry(): Promise<number | null>
}

/** One job for a component: follows whichever id is given, and lets go with the component. */
export function useJob(
  id: MaybeRefOrGetter<number | null | undefined>,
  hooks: Partial<Pick<JobHooks, 'onEvent' | 'onStatus' | 'onEnd'>> = {},
): FollowedJob {
  const job = shallowRef<Job | null>(null)
  const isLost = shallowRef(false)
  let stop: (() => void) | null = null
  let latest = 0

  async function load(wanted: number): Promise<void> {
    const mine = ++latest
    try {
      const found = await getJob(wanted)
      // One that was asked for before the end and comes after it knows less.
      if (mine === latest && toValue(id) === wanted) job.value = found
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // The stream goes on trying, and says so when it is hopeless.
    }
  }

  function start(wanted: number): void {
    stop = followJob(wanted, {
      onEvent: hooks.onEvent,
      onStatus: (status) => {
        hooks.onStatus?.(status)
        if (job.value) job.value = { ...job.value, ...status }
      },
      onEnd: (end) => {
        if (job.value) job.value = { ...job.value, ...end, place_in_line: null, cancelling: false }
        hooks.onEnd?.(end)
        // What only the server knows of an ended job: when, and whether it may be tried again.
        void load(wanted)
      },
      onLost: () => (isLost.value = true),
    })
    void load(wanted)
  }

  watch(
    () => toValue(id),
    (wanted) => {
      stop?.()
      stop = null
      job.value = null
      isLost.value = false
      if (wanted !== null && wanted !== undefined) start(wanted)
    },
    { immediate: true },
  )
  onScopeDispose(() => stop?.())

  return {
    job,
    isLost,
    isRunning: computed(() => job.value !== null && !isEnded(job.value.state)),
    cancel: async () => {
      if (!job.value) return
      await cancelJob(job.value.id)
      if (job.value && !isEnded(job.value.state)) job.value = { ...job.value, cancelling: true }
    },
    retry: async () => (job.value ? retryJob(job.value.id) : null),
  }
}
