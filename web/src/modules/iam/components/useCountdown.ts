import { computed, onScopeDispose, ref } from 'vue'

/** Seconds left of a wait that a server asked for. Counted from the clock, so a sleeping tab does not wait longer. */
export function useCountdown() {
  const until = ref(0)
  const now = ref(Date.now())
  let timer: ReturnType<typeof setInterval> | undefined
  const left = computed(() => Math.max(0, Math.ceil((until.value - now.value) / 1000)))
  const text = computed(() => {
    const minutes = Math.floor(left.value / 60)
    return minutes > 0 ? `${minutes} min ${left.value % 60} s` : `${left.value} s`
  })

  function stop(): void {
    clearInterval(timer)
  }

  function start(seconds: number): void {
    stop()
    now.value = Date.now()
    until.value = now.value + seconds * 1000
    timer = setInterval(() => {
      now.value = Date.now()
      if (left.value === 0) stop()
    }, 250)
  }

  onScopeDispose(stop)
  return { left, text, start }
}
