import { ref } from 'vue'

/** Asked again no more often than this, however many pictures complain. */
const PAUSE_MS = 5_000

/**
 * The addresses of pictures are signed and run out: one that fails makes the list be loaded again, once for all of them.
 * Whatever fails with its new address as well is broken.
 */
export function useFreshUrls(refresh: () => Promise<unknown>) {
  const failed = ref(new Set<string>())
  let asked = -Infinity

  function onError(url: string): void {
    failed.value = new Set([...failed.value, url])
    if (Date.now() - asked < PAUSE_MS) return
    asked = Date.now()
    void refresh()
  }

  /** Forgets what failed, for another try with the same address. */
  async function again(): Promise<void> {
    asked = Date.now()
    await refresh()
    failed.value = new Set()
  }

  return { onError, again, isBroken: (url: string): boolean => failed.value.has(url) }
}
