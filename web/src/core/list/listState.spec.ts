import { afterEach, describe, expect, it } from 'vitest'
import { showTimesIn } from '@/core/format/zone'
import { localInput, presetStart, readState, toRequest, writeState } from './listState'
import { totalText } from './totalText'
import type { Filter } from './types'

const filters: Filter[] = [
  { kind: 'search', key: 'q', label: '' },
  { kind: 'select', key: 'is_enabled', label: '', options: () => [] },
  { kind: 'time', key: 'created', label: '' },
]
const defaults = { sort: '-created_at', size: 20 }
const now = new Date(2026, 10, 22, 15, 30)

describe('the state of a list', () => {
  afterEach(() => showTimesIn(null))

  it('comes back from the address as it went in, beside what others keep there', () => {
    const state = { page: 3, size: 50, sort: 'name', filters: { q: 'mei', created: '7d' } }
    const query = writeState(state, filters, defaults, { tab: 'all', q: 'old', is_enabled: 'true' })
    expect(query).toEqual({ tab: 'all', q: 'mei', created: '7d', sort: 'name', size: '50', page: '3' })
    expect(readState(query as Record<string, string>, filters, defaults)).toEqual(state)
  })

  it('leaves out of the address what is as usual', () => {
    expect(writeState({ page: 1, ...defaults, filters: {} }, filters, defaults, {})).toEqual({})
  })

  it.each([
    [{ page: '-1', size: '7', sort: 'a;drop' }],
    [{ page: 'x', size: '1e9', sort: '' }],
    [{ page: '1.5', size: null, sort: ['%27', 'b'], q: '  ' }],
  ])('takes %j for not given', (query) => {
    expect(readState(query, filters, defaults)).toEqual({ page: 1, ...defaults, filters: {} })
  })

  it('asks the server for moments, not for words', () => {
    const ask = (filter: Record<string, string>) => toRequest({ page: 2, ...defaults, filters: filter }, filters, now)
    expect(ask({ q: 'mei', created: 'today' })).toEqual({
      page: 2,
      page_size: 20,
      sort: '-created_at',
      q: 'mei',
      created_from: new Date(2026, 10, 22).toISOString(),
    })
    expect(ask({ created_from: 'a', created_to: 'b' })).toMatchObject({ created_from: 'a', created_to: 'b' })
    expect(ask({ created: 'nonsense' })).not.toHaveProperty('created')
    expect(ask({ created: 'nonsense' })).not.toHaveProperty('created_from')
  })

  it('counts whole days of the reader', () => {
    expect(presetStart('7d', now)).toEqual(new Date(2026, 10, 16))
    expect(presetStart('30d', now)).toEqual(new Date(2026, 9, 24))
    expect(presetStart('', now)).toBeNull()
  })

  it('takes days and clocks in the zone of the account, wherever the device is', () => {
    // It is the 23rd in Tokyo already, and still the 22nd in Honolulu.
    const evening = new Date('2026-11-22T16:00:00Z')
    showTimesIn('Asia/Tokyo')
    expect(presetStart('today', evening)?.toISOString()).toBe('2026-11-22T15:00:00.000Z')
    expect(localInput('2026-11-22T16:00:00Z')).toBe('2026-11-23T01:00')
    showTimesIn('Pacific/Honolulu')
    expect(presetStart('today', evening)?.toISOString()).toBe('2026-11-22T10:00:00.000Z')
    // Over the end of summer time: seven days of Berlin, not seven times 24 hours.
    showTimesIn('Europe/Berlin')
    expect(presetStart('7d', new Date('2026-10-28T12:00:00Z'))?.toISOString()).toBe('2026-10-21T22:00:00.000Z')
  })

  it('shows an instant as the wall clock it is', () => {
    expect(localInput(new Date(2026, 10, 22, 9, 5).toISOString())).toBe('2026-11-22T09:05')
    expect(localInput(undefined)).toBe('')
    expect(localInput('nonsense')).toBe('')
  })
})

describe('a total', () => {
  it('says where the counting stopped', () => {
    expect(totalText(100_000, false, 'en')).toBe('100,000+')
    expect(totalText(100_000, true, 'en')).toBe('100,000')
  })
})
