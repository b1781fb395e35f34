import type { Conversation } from '../api/types'

export type DayGroup = 'pinned' | 'today' | 'yesterday' | 'week' | 'month' | (string & {})

const DAY_MS = 86_400_000

const formats = new Map<string | undefined, Intl.DateTimeFormat>()

/** The day of a moment on the clocks of a zone, counted in days, so that days can be compared. */
function dayNumber(time: number, zone: string | undefined): number {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
  formats.set(zone, format)
  return Date.parse(`${format.format(time)}T00:00:00Z`) / DAY_MS
}

/** The heading under which a conversation stands; older ones under their month, as `2026-09`. */
export function groupOf(conversation: Conversation, now: number, zone: string | undefined): DayGroup {
  if (conversation.is_pinned) return 'pinned'
  const day = dayNumber(Date.parse(conversation.updated_at), zone)
  const days = dayNumber(now, zone) - day
  if (days <= 0) return 'today'
  if (days === 1) return 'yesterday'
  if (days <= 7) return 'week'
  if (days <= 30) return 'month'
  return new Date(day * DAY_MS).toISOString().slice(0, 7)
}

export interface Section {
  group: DayGroup
  items: Conversation[]
}

/** The list in sections; the order of the list stays. */
export function sectionsOf(list: readonly Conversation[], now: number, zone: string | undefined): Section[] {
  const sections = new Map<DayGroup, Conversation[]>()
  for (const conversation of list) {
    const group = groupOf(conversation, now, zone)
    const items = sections.get(group)
    if (items) items.push(conversation)
    else sections.set(group, [conversation])
  }
  return [...sections].map(([group, items]) => ({ group, items }))
}
