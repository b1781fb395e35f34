import { computed, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { errorText, fieldErrors } from '@/core/http/errorText'
import { ApiError } from '@/core/http/problem'
import { useCountdown } from './useCountdown'

/** One try at a time of something that may be refused or limited, with what to say about it. */
export function useAttempt() {
  const { t } = useI18n()
  const busy = ref(false)
  const failure = shallowRef<ApiError | null>(null)
  const wait = useCountdown()
  const isWaiting = computed(() => wait.left.value > 0)
  const refused = computed(() => (failure.value ? fieldErrors(failure.value) : {}))
  const message = computed(() => {
    if (isWaiting.value) return t('iam.login.wait', { time: wait.text.value })
    // Once the wait is over its message would only be in the way.
    if (!failure.value || (failure.value.code === 'too_many_attempts' && failure.value.retryAfter > 0)) return ''
    return errorText(failure.value)
  })

  /** Whether it worked; false also when another try is still on its way or has to wait. */
  async function attempt(task: () => Promise<void>): Promise<boolean> {
    if (busy.value || isWaiting.value) return false
    busy.value = true
    failure.value = null
    try {
      await task()
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      failure.value = error
      if (error.code === 'too_many_attempts' && error.retryAfter > 0) wait.start(error.retryAfter)
      return false
    } finally {
      busy.value = false
    }
  }

  function clear(): void {
    failure.value = null
  }

  return { busy, failure, wait, isWaiting, refused, message, attempt, clear }
}
