import { readonly, ref } from 'vue'

export interface Notice {
  id: number
  text: string
  undo?: () => Promise<unknown>
}

const seconds = { plain: 5, undo: 12 }
const shown = ref<Notice[]>([])
const timers = new Map<number, ReturnType<typeof setTimeout>>()
let last = 0

export const notices = readonly(shown)

export function dismiss(id: number): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  shown.value = shown.value.filter((notice) => notice.id !== id)
}

function arm(notice: Notice): void {
  const wait = 1000 * (notice.undo ? seconds.undo : seconds.plain)
  timers.set(
    notice.id,
    setTimeout(() => dismiss(notice.id), wait),
  )
}

/** Says that something was done. With `undo` it offers the way back, and stays long enough to be taken. */
export function say(text: string, undo?: () => Promise<unknown>): void {
  const notice = { id: ++last, text, ...(undo && { undo }) }
  // Three at most: older ones give way.
  shown.value.slice(0, -2).forEach(({ id }) => dismiss(id))
  shown.value = [...shown.value, notice]
  arm(notice)
}

/** The time stands still while somebody is at the notices. */
export function hold(on: boolean): void {
  timers.forEach((timer) => clearTimeout(timer))
  timers.clear()
  if (!on) shown.value.forEach(arm)
}
