/** The plans that can be put together by choosing; any other is typed. */
export type CronMode = 'minutes' | 'hours' | 'day' | 'week' | 'month' | 'own'

export interface CronParts {
  mode: CronMode
  /** Every so many minutes or hours. */
  every: number
  minute: number
  hour: number
  /** 0 is Sunday. */
  weekdays: number[]
  /** Of the month; 0 is its last. */
  day: number
}

export const cronModes: readonly CronMode[] = ['minutes', 'hours', 'day', 'week', 'month', 'own']
/** What divides an hour or a day, so that the steps are even. */
export const minuteSteps = [1, 2, 5, 10, 15, 20, 30] as const
export const hourSteps = [1, 2, 3, 4, 6, 8, 12] as const

const usual: Omit<CronParts, 'mode'> = { every: 1, minute: 0, hour: 3, weekdays: [1], day: 1 }
const names = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

const step = (every: number): string => (every === 1 ? '*' : `*/${every}`)

/** Nothing for what is typed. */
export function buildCron({ mode, every, minute, hour, weekdays, day }: CronParts): string | null {
  switch (mode) {
    case 'minutes':
      return `${step(every)} * * * *`
    case 'hours':
      return `${minute} ${step(every)} * * *`
    case 'day':
      return `${minute} ${hour} * * *`
    case 'week':
      return `${minute} ${hour} * * ${weekdays.length > 0 ? [...weekdays].sort((a, b) => a - b).join(',') : '*'}`
    case 'month':
      return `${minute} ${hour} ${day === 0 ? 'L' : day} * *`
    case 'own':
      return null
  }
}

const isNumber = (text: string, most: number): boolean => /^\d{1,2}$/.test(text) && Number(text) <= most

function stepOf(text: string, allowed: readonly number[]): number | null {
  const every = text === '*' ? 1 : Number(/^\*\/(\d+)$/.exec(text)?.[1] ?? 0)
  return allowed.includes(every) ? every : null
}

function weekdaysOf(text: string): number[] | null {
  const days: number[] = []
  for (const part of text.split(',')) {
    const [from, to, ...more] = part.split('-').map((word) => (isNumber(word, 7) ? Number(word) : names.indexOf(word)))
    if (from === undefined || from < 0 || (to !== undefined && to < from) || more.length > 0) return null
    for (let day = from; day <= (to ?? from); day++) days.push(day % 7)
  }
  return [...new Set(days)].sort((a, b) => a - b)
}

/** How it would have been chosen; what could not have been is `own`. */
export function readCron(cron: string): CronParts {
  const [minute = '', hour = '', day = '', month, weekday = '', ...more] = cron.trim().toUpperCase().split(/\s+/)
  const own: CronParts = { ...usual, mode: 'own' }
  if (month !== '*' || more.length > 0) return own
  const everyDay = day === '*' && weekday === '*'
  const minutes = stepOf(minute, minuteSteps)
  if (everyDay && hour === '*' && minutes !== null) return { ...usual, mode: 'minutes', every: minutes }
  if (!isNumber(minute, 59)) return own
  const parts = { ...usual, minute: Number(minute) }
  const hours = stepOf(hour, hourSteps)
  if (everyDay && hours !== null) return { ...parts, mode: 'hours', every: hours }
  if (!isNumber(hour, 23)) return own
  parts.hour = Number(hour)
  if (everyDay) return { ...parts, mode: 'day' }
  if (day === '*') {
    const weekdays = weekdaysOf(weekday)
    return weekdays ? { ...parts, mode: 'week', weekdays } : own
  }
  if (weekday !== '*') return own
  if (day === 'L') return { ...parts, mode: 'month', day: 0 }
  return isNumber(day, 31) && day !== '0' ? { ...parts, mode: 'month', day: Number(day) } : own
}
