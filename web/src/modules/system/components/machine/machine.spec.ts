import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import { mountPage } from '@/test/mountPage'
import * as api from '../../api/machine'
import DriftCard from './DriftCard.vue'
import ReleaseHistory from './ReleaseHistory.vue'

vi.mock('../../api/machine')
enableAutoUnmount(afterEach)
beforeEach(() => vi.resetAllMocks())

const run = (id: string, rest: Partial<api.ReleaseRun> = {}): api.ReleaseRun => ({
  id,
  action: 'deploy',
  release: 'r2',
  from_release: 'r1',
  by: 'mei',
  host: 'laptop',
  reason: '',
  started_at: '2026-11-22T01:00:00Z',
  seconds: 12,
  outcome: 'good',
  stages: [],
  failed_stage: null,
  message: '',
  ...rest,
})
const page = (items: api.ReleaseRun[], total = items.length): api.ReleaseRuns => ({ items, total, total_is_exact: true, page: 1, page_size: 10 })
const finding = (path: string, fix: string): api.DriftFinding => ({ kind: 'file', path, expected: 'a', observed: 'b', fix })

describe('the history of releases', () => {
  it('says what was undone, where and why, and how long each stage took', async () => {
    const stages = [
      { name: 'start', seconds: 2 },
      { name: 'verify', seconds: 0.5 },
    ]
    vi.mocked(api.releaseRuns).mockResolvedValue(page([run('1', { outcome: 'bad', failed_stage: 'verify', message: '503', stages })]))
    const card = await mountPage(ReleaseHistory)
    await flushPromises()
    expect(card.get('[data-outcome=bad]').text()).toMatch(/Undone[\s\S]*Failed in verify:\s*503/)
    expect(card.find('[data-testid=stages]').exists()).toBe(false)
    await card.get('[data-testid=release-run] button').trigger('click')
    expect(card.get('[data-testid=stages]').text()).toMatch(/start\s*2 s[\s\S]*verify\s*500 ms/)
  })

  it('adds earlier runs below, none of them twice', async () => {
    vi.mocked(api.releaseRuns).mockResolvedValueOnce(page([run('3'), run('2')], 11)).mockResolvedValueOnce(page([run('2'), run('1')], 11))
    const card = await mountPage(ReleaseHistory)
    await flushPromises()
    await card.get('[data-testid=earlier-runs]').trigger('click')
    await flushPromises()
    expect(card.findAll('[data-testid=release-run]')).toHaveLength(3)
  })

  it('explains that nothing was released yet, and that the server failed', async () => {
    vi.mocked(api.releaseRuns).mockResolvedValueOnce(page([]))
    expect((await mountPage(ReleaseHistory).then(async (card) => (await flushPromises(), card))).find('[data-testid=no-releases]').exists()).toBe(true)
    vi.mocked(api.releaseRuns).mockRejectedValueOnce(new ApiError('service_unavailable', 503))
    const card = await mountPage(ReleaseHistory)
    await flushPromises()
    expect(card.find('[data-testid=load-error]').exists()).toBe(true)
  })
})

describe('drift', () => {
  it('names each finding, and a command once for all that it mends', async () => {
    const findings = [finding('/a', 'fix one'), finding('/b', 'fix two'), finding('/c', 'fix one')]
    vi.mocked(api.lastDrift).mockResolvedValue({ ok: false, checked_at: '2026-11-22T01:00:00Z', findings })
    const card = await mountPage(DriftCard)
    await flushPromises()
    expect(card.findAll('[data-testid=drift-finding]')).toHaveLength(3)
    expect(card.findAll('[data-testid=command]').map((command) => command.get('code').text())).toEqual(['fix one', 'fix two'])
    expect(card.text()).toContain('3 found')
  })

  it('tells a machine that is as provisioned from one that nobody looked at', async () => {
    vi.mocked(api.lastDrift).mockResolvedValueOnce({ ok: true, checked_at: '2026-11-22T01:00:00Z', findings: [] })
    const good = await mountPage(DriftCard)
    await flushPromises()
    expect(good.text()).toContain('as provisioned')
    vi.mocked(api.lastDrift).mockResolvedValueOnce(null)
    const never = await mountPage(DriftCard)
    await flushPromises()
    expect(never.find('[data-testid=drift-empty]').exists()).toBe(true)
  })
})
