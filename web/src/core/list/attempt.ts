import { reasonText } from '@/core/http/errorText'
import { notify } from '@/core/http/notify'
import { ApiError } from '@/core/http/problem'

/** Does something that has no place of its own for a failure, and says it as a message. True when it worked. */
export async function attempt(task: () => Promise<unknown>): Promise<boolean> {
  try {
    await task()
    return true
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (!error.isTold) notify(reasonText(error))
    return false
  }
}
