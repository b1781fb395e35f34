import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { defineComponent, h, nextTick } from 'vue'
import { i18n, useLocale } from '@/core/i18n/i18n'
import { relativeParts, useFormat } from './useFormat'
import { isZone, shownZone, showTimesIn, zoneNames } from './zone'

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

  it('that no browser knows is that of the device', () => {
    showTimesIn('Mars/Olympus')
    expect(shownZone.value).toBeUndefined()
    expect(isZone('Europe/Berlin')).toBe(true)
    expect(zoneNames()).toContain('Asia/Shanghai')
  })
})
