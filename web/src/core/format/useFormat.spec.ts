import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { defineComponent, h, nextTick } from 'vue'
import { i18n, useLocale } from '@/core/i18n/i18n'
import { relativeParts, useFormat } from './useFormat'
import { instantOf, isZone, shownZone, showTimesIn, wallClock, zoneNames } from './zone'

describe('relativeParts', () => {
  it.each([
    [0, [0, 'second']],
    [-59, [-59, 'second']],
    [-60, [-1, 'minute']],
    [-7_199, [-1, 'hour']],
    [-172_800, [-2, 'day']],
  ])('%d seconds', (seconds, parts) => {
    expect(relativeParts(seconds)).toEqual(parts)
  })
})

describe('the zone', () => {
  afterEach(() => showTimesIn(null))

  it('of the account moves every time on the page at once', async () => {
    await useLocale('en')
    const Page = defineComponent({
      setup() {
        const { dateTime } = useFormat()
        return () => h('time', dateTime('2026-11-21T23:30:00Z'))
      },
    })
    showTimesIn('UTC')
    const page = mount(Page, { global: { plugins: [i18n] } })
    expect(page.text()).toContain('11:30:00')
    expect(page.text()).toContain('Nov 21')
    showTimesIn('Asia/Shanghai')
    await nextTick()
    expect(page.text()).toContain('7:30:00')
    expect(page.text()).toContain('Nov 22')
    page.unmount()
  })

  it.each([
    ['Asia/Kathmandu', '2026-11-22T09:05', '2026-11-22T03:20:00.000Z'],
    ['America/St_Johns', '2026-07-01T00:00', '2026-07-01T02:30:00.000Z'],
    // Twice there: the first is meant. Then the first minute after the change.
    ['Europe/Berlin', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
    ['Europe/Berlin', '2026-10-25T03:00', '2026-10-25T02:00:00.000Z'],
    ['America/Havana', '2026-11-01T00:00', '2026-11-01T04:00:00.000Z'],
  ])('%s says what time %s is, both ways', (zone, wall, iso) => {
    showTimesIn(zone)
    expect(instantOf(wall).toISOString()).toBe(iso)
    expect(wallClock(new Date(iso))).toBe(wall)
  })

  it('leaves out an hour in spring: what nobody’s clock says is the hour after', () => {
    showTimesIn('America/Santiago')
    expect(instantOf('2026-09-06T00:00').toISOString()).toBe('2026-09-06T04:00:00.000Z')
    expect(wallClock(instantOf('2026-09-06T00:00'))).toBe('2026-09-06T01:00')
  })

  it('that no browser knows is that of the device', () => {
    showTimesIn('Mars/Olympus')
    expect(shownZone.value).toBeUndefined()
    expect(isZone('Europe/Berlin')).toBe(true)
    expect(zoneNames()).toContain('Asia/Shanghai')
  })
})
