import { computed, onScopeDispose, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { shownZone } from './zone'

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

const byteUnits = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte']

export function relativeParts(seconds: number): [number, Intl.RelativeTimeFormatUnit] {
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const)
  return [Math.trunc(seconds / size), unit]
}

/** Times in the reader's zone and language; relative ones move on by themselves. */
export function useFormat() {
  const { locale } = useI18n()
  const now = ref(Date.now())
  const timer = setInterval(() => {
    now.value = Date.now()
  }, 15_000)
  onScopeDispose(() => clearInterval(timer))

  const inZone = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale.value, { ...options, ...(shownZone.value && { timeZone: shownZone.value }) })
  const full = computed(() => inZone({ dateStyle: 'medium', timeStyle: 'medium' }))
  const short = computed(() => inZone({ dateStyle: 'medium', timeStyle: 'short' }))
  const day = computed(() => inZone({ dateStyle: 'medium' }))
  const ago = computed(() => new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' }))
  const decimal = computed(() => new Intl.NumberFormat(locale.value, { maximumFractionDigits: 1 }))

  const dateTime = (iso: string): string => full.value.format(new Date(iso))
  /** To the minute, for columns; the whole of it belongs into the title. */
  const moment = (iso: string): string => short.value.format(new Date(iso))
  const date = (iso: string): string => day.value.format(new Date(iso))
  const number = (value: number): string => decimal.value.format(value)

  function relative(iso: string): string {
    // A server's clock that runs ahead would otherwise say "in 2 seconds".
    return ago.value.format(...relativeParts(Math.min(0, (Date.parse(iso) - now.value) / 1000)))
  }

  /** What is still to come, such as the end of a session: "in 6 days". */
  const until = (iso: string): string => ago.value.format(...relativeParts((Date.parse(iso) - now.value) / 1000))

  const isPast = (iso: string): boolean => Date.parse(iso) <= now.value

  function duration(ms: number): string {
    return ms < 1000 ? `${number(ms)} ms` : `${number(ms / 1000)} s`
  }

  /** A size in steps of a thousand, as disks are sold and file managers count. */
  function bytes(value: number): string {
    const step = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1000, value)) / 3) - 1)
    const scaled = value / 1000 ** (step + 1)
    const options = { style: 'unit', unit: byteUnits[step], unitDisplay: 'short', maximumFractionDigits: scaled < 10 ? 1 : 0 } as const
    return new Intl.NumberFormat(locale.value, options).format(scaled)
  }

  return { bytes, dateTime, moment, date, number, relative, until, isPast, duration }
}
