import { onScopeDispose } from 'vue'

/** Does a task a moment after the last `soon`, and at once when the page or the component goes: what waits is never lost. */
export function useSoon(task: () => void, ms: number) {
  let timer: ReturnType<typeof setTimeout> | undefined

  function never(): void {
    clearTimeout(timer)
    timer = undefined
  }

  function now(): void {
    if (timer === undefined) return
    never()
    task()
  }

  function soon(): void {
    clearTimeout(timer)
    timer = setTimeout(now, ms)
  }

  window.addEventListener('pagehide', now)
  onScopeDispose(() => {
    now()
    window.removeEventListener('pagehide', now)
  })
  return { soon, now, never }
}
