import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/core/http/problem'
import * as api from '../api/system'
import { filterRows, hopsOf, useLinkCheck } from './linkCheck'

vi.mock('../api/system')
const row = (id: string, hop: string, ok: boolean) => ({ id, hop, ok }) as api.LinkCheckRow
const rows = [row('a', 'nginx', true), row('b', 'app', false), row('c', 'nginx', false), row('d', 'nginx', true)]
const report = { rows, ok: false } as api.LinkCheckReport

describe('link check', () => {
  beforeEach(() => setActivePinia(createPinia()))

  it('walks the hops in the order of the report', () => {
    expect(hopsOf(rows)).toEqual([
      { name: 'nginx', total: 3, failed: 1 },
      { name: 'app', total: 1, failed: 1 },
    ])
  })

  it.each([
    [{ failingOnly: false, hop: null }, 'abcd'],
    [{ failingOnly: true, hop: null }, 'bc'],
    [{ failingOnly: false, hop: 'nginx' }, 'acd'],
    [{ failingOnly: true, hop: 'nginx' }, 'c'],
  ])('filters by %o', (filter, ids) => {
    expect(filterRows(rows, filter).map(({ id }) => id).join('')).toBe(ids)
  })

  it('tells a report that was never made from one that was not asked for and from a failure', async () => {
    const store = useLinkCheck()
    expect(store.neverRun).toBe(false)
    vi.mocked(api.lastLinkCheck).mockResolvedValue(null)
    await store.load()
    expect(store).toMatchObject({ neverRun: true, report: null, error: null })
  })

  it('keeps the last report when a reload fails, and forgets the error when it works again', async () => {
    const store = useLinkCheck()
    vi.mocked(api.lastLinkCheck).mockResolvedValue(report)
    await store.load()
    vi.mocked(api.lastLinkCheck).mockRejectedValueOnce(new ApiError('service_unavailable', 503))
    await store.load()
    expect(store.report).toEqual(report)
    expect(store.error?.code).toBe('service_unavailable')
    await store.load()
    expect(store.error).toBeNull()
  })

  it('shows the answer that was asked for last, whichever comes first', async () => {
    const answers: ((value: api.LinkCheckReport) => void)[] = []
    vi.mocked(api.lastLinkCheck).mockImplementation(() => new Promise((resolve) => answers.push(resolve)))
    const store = useLinkCheck()
    const both = [store.load(), store.load()]
    answers[1]?.({ ...report, host: 'second' })
    answers[0]?.({ ...report, host: 'first' })
    await Promise.all(both)
    expect(store.report?.host).toBe('second')
    expect(store.busy).toBe(false)
  })
})
