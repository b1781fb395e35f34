import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ApiError } from '@/core/http/problem'
import { countUnread } from '../api/inbox'

/** The server counts no further. */
export const MOST_COUNTED = 100

/** How many notices somebody has not read: for the bell, wherever it stands. */
export const useUnread = defineStore('unread', () => {
  const count = ref(0)

  async function refresh(): Promise<void> {
    try {
      count.value = await countUnread()
    } catch (error) {
      // The last number stays: the next event asks again.
      if (!(error instanceof ApiError)) throw error
    }
  }

  return { count, refresh }
})
