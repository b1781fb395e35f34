import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { mountPage } from '@/test/mountPage'
import type { LinkCheckReport, LinkCheckRow } from '../api/system'
import { hopsOf } from '../store/linkCheck'
import LinkCheckPanel from './LinkCheckPanel.vue'

enableAutoUnmount(afterEach)

function row(id: string, over: Partial<LinkCheckRow> = {}): LinkCheckRow {
  return { id, hop: 'nginx', check: `check ${id}`, expected: '200', observed: '200', ok: true, ms: 1, cause: '', fix: '', ...over }
}

function mountReport(rows: LinkCheckRow[], running: string | null = 'r1') {
  const failed = rows.filter(({ ok }) => !ok).length
  const report: LinkCheckReport = {
    schema: 1,
    product: 'p',
    host: 'web1',
    url: 'http://web1/',
    release: 'r1',
    started_at: new Date().toISOString(),
    ms: 12,
    ok: failed === 0,
    passed: rows.length - failed,
    failed,
    rows,
  }
  return mountPage(LinkCheckPanel, { report, hops: hopsOf(rows), running })
}

const broken = row('login', { hop: 'app', ok: false, observed: '502', cause: 'the socket is gone', fix: 'systemctl start x' })

describe('LinkCheckPanel', () => {
  it('tells state by icon and word, not by colour alone', async () => {
    const page = await mountReport([row('a'), broken])
    for (const [id, word] of [['a', 'Passed'], ['login', 'Failed']] as const) {
      const state = page.get(`[data-testid=row-${id}] .state`)
      expect(state.text()).toBe(word)
      expect(state.find('svg').exists()).toBe(true)
    }
    expect(page.get('[data-testid=link-check-verdict]').text()).toContain('1 of 2 checks failed')
  })

  it('names cause and fix of failing rows only, and copies the fix', async () => {
    const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    const page = await mountReport([row('a'), broken])
    expect(page.find('[data-testid=remedy-a]').exists()).toBe(false)
    const remedy = page.get('[data-testid=remedy-login]')
    expect(remedy.text()).toContain('the socket is gone')
    await remedy.get('[data-testid=copy]').trigger('click')
    await flushPromises()
    expect(writeText).toHaveBeenCalledWith('systemctl start x')
    expect(remedy.get('[role=status]').text()).toBe('Copied')
  })

  it('titles known rows in the reader’s language and added rows in their own words', async () => {
    const page = await mountReport([row('login'), row('mine')])
    expect(page.get('[data-testid=row-login] .check').text()).toContain('Log in through nginx')
    expect(page.get('[data-testid=row-mine] .check').text()).toContain('check mine')
  })

  it('filters by failing and by hop', async () => {
    const page = await mountReport([row('a'), broken])
    const shown = () => page.findAll('[data-testid^=row-]').map((line) => line.attributes('data-testid'))
    await page.get('input[type=checkbox]').setValue(true)
    expect(shown()).toEqual(['row-login'])
    const [nginx] = page.findAll('.hop[aria-pressed]')
    await nginx?.trigger('click')
    expect(shown()).toEqual([])
    await page.get('[data-testid=no-rows] button').trigger('click')
    expect(shown()).toEqual(['row-a', 'row-login'])
  })

  it('says when it is about another release than the one that runs', async () => {
    expect((await mountReport([row('a')])).find('[data-testid=link-check-stale]').exists()).toBe(false)
    expect((await mountReport([row('a')], null)).find('[data-testid=link-check-stale]').exists()).toBe(false)
    expect((await mountReport([row('a')], 'r2')).get('[data-testid=link-check-stale]').text()).toContain('r2')
  })

  it('shows what a report contains as text', async () => {
    const page = await mountReport([row('a', { ok: false, cause: '<img src=x onerror=alert(1)>' })])
    expect(page.find('img').exists()).toBe(false)
    expect(page.text()).toContain('<img src=x')
  })
})
