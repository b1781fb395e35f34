import { computed, ref } from 'vue'

/** The zone in which times are shown; undefined means that of the device. */
const zone = ref<string | undefined>()

export const shownZone: Readonly<typeof zone> = zone

/** Takes what an account says; a zone that this browser does not know is as good as none. */
export function showTimesIn(name: string | null | undefined): void {
  zone.value = name && isZone(name) ? name : undefined
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

export function deviceZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

export function zoneNames(): string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((name) => name !== 'UTC')]
}

const DAY_MS = 86_400_000
const clock = computed(
  () =>
    new Intl.DateTimeFormat('en', {
      timeZone: zone.value,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }),
)

/** How far the clocks of the shown zone are ahead of UTC at this time, in milliseconds. */
function offsetAt(time: number): number {
  const parts = new Map(clock.value.formatToParts(time).map(({ type, value }) => [type, Number(value)]))
  const [year, month, ...rest] = (['year', 'month', 'day', 'hour', 'minute', 'second'] as const).map((type) => parts.get(type) ?? 0)
  return Date.UTC(year ?? 0, (month ?? 0) - 1, ...rest) - Math.floor(time / 1000) * 1000
}

/** What the clocks of the shown zone say, as `<input type="datetime-local">` wants it: "2026-11-22T09:05". */
export function wallClock(time: Date): string {
  return new Date(time.getTime() + offsetAt(time.getTime())).toISOString().slice(0, 16)
}

/** When the clocks of the shown zone say this. Of an hour that is there twice the first is meant, as `Date` does. */
export function instantOf(wall: string): Date {
  const asUtc = Date.parse(`${wall}Z`)
  const before = asUtc - offsetAt(asUtc - DAY_MS)
  const after = asUtc - offsetAt(asUtc + DAY_MS)
  const exact = [before, after].find((time) => time + offsetAt(time) === asUtc)
  // In an hour that the change of the clocks leaves out nothing is exact.
  return new Date(exact ?? before)
}
