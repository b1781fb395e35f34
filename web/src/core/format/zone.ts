import { ref } from 'vue'

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
