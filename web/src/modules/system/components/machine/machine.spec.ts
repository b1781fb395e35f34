import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import { mountPage, mountRouted } from '@/test/mountPage'
import * as api from '../../api/machine'
import BackupsCard from './BackupsCard.vue'
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

describe('backups', () => {
  const good = { snapshot: 'aaaa1111', made_at: '2026-11-22T01:00:00Z', release: 'r1', revision: '0008', tables: 3, rows: 1200, files: 4, bytes: 5000, bytes_added: 10 }
  const kept = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `id${at}`, made_at: '2026-11-22T01:00:00Z', release: 'r1' }))
  const report = (rest: Partial<api.BackupReport> = {}): api.BackupReport => ({
    repository: '/srv/x/backups/restic', ok: true, running_since: null, finished_at: good.made_at, seconds: 3,
    message: '', fix: '', last_good: good, snapshots: kept(7), ...rest,
  })
  const state = (rest: Partial<api.BackupState> = {}): api.BackupState => ({ is_offered: true, requested_at: null, report: report(), ...rest })
  const shown = async (given: api.BackupState, can = () => true) => {
    vi.mocked(api.backups).mockResolvedValue(given)
    return (await mountRouted(BackupsCard, { can })).page
  }

  it('tells what was compared, and how the chosen one is restored', async () => {
    const card = await shown(state())
    expect(card.text()).toContain('1,200 rows in 3 tables, 4 files')
    expect(card.get('[data-testid=command] code').text()).toMatch(/backup_snapshot=id0$/)
    await card.findAll('[data-testid=backup-snapshot]').at(1)?.setValue()
    expect(card.get('[data-testid=command] code').text()).toMatch(/backup_snapshot=id1$/)
    expect(card.findAll('[data-testid=backup-snapshot]')).toHaveLength(5)
    await card.get('[data-testid=backups-all]').trigger('click')
    expect(card.findAll('[data-testid=backup-snapshot]')).toHaveLength(7)
  })

  it('says why the last one failed, with what helps, and still which one is good', async () => {
    const card = await shown(state({ report: report({ ok: false, message: 'The disk is full', fix: 'df -h' }) }))
    expect(card.get('[data-testid=backup-failure]').text()).toMatch(/The disk is full[\s\S]*df -h/)
    expect(card.text()).toContain('1,200 rows')
  })

  it('asks for one, and cannot be asked again until it has begun and ended', async () => {
    const card = await shown(state({ report: null }))
    expect(card.find('[data-testid=backups-none]').exists()).toBe(true)
    vi.mocked(api.backups).mockResolvedValue(state({ requested_at: good.made_at, report: null }))
    await card.get('[data-testid=backup-now]').trigger('click')
    await flushPromises()
    expect(api.requestBackup).toHaveBeenCalledOnce()
    expect(card.get('[data-testid=backup-progress]').text()).toContain('within a minute')
    expect(card.get('[data-testid=backup-now]').attributes('disabled')).toBeDefined()
  })

  it('offers it only to those with the right', async () => {
    const card = await shown(state(), () => false)
    expect(card.find('[data-testid=backup-now]').exists()).toBe(false)
    expect(card.findAll('[data-testid=backup-snapshot]')).toHaveLength(5)
  })

  it('says where none are taken', async () => {
    const card = await shown(state({ is_offered: false, report: null }))
    expect(card.find('[data-testid=backups-off]').exists()).toBe(true)
    expect(card.find('[data-testid=backup-now]').exists()).toBe(false)
  })
})
