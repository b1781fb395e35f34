import { describe, expect, it } from 'vitest'
import type { Conversation } from '../api/types'
import { fileName } from '../components/useConversationActions'
import { markedParts } from '../components/markedParts'
import { shortcutOf } from '../components/shortcuts'
import { message } from '../testing'
import { grafted, lastAnswer, lastQuestion, versionOf } from './branches'
import { groupOf, sectionsOf } from './days'

describe('versions', () => {
  it('are counted among those with the same parent', () => {
    expect(versionOf({ id: 5, sibling_ids: [3, 5, 9] })).toEqual({ number: 2, count: 3, previous: 3, next: 9 })
    expect(versionOf({ id: 3, sibling_ids: [3, 5] })).toMatchObject({ previous: null, next: 5 })
  })

  it('are not shown where there is one only, or where the message is not among them', () => {
    expect(versionOf({ id: 5, sibling_ids: [5] })).toBeNull()
    expect(versionOf({ id: 5, sibling_ids: [] })).toBeNull()
    expect(versionOf({ id: 5, sibling_ids: [1, 2] })).toBeNull()
  })
})

describe('a branch', () => {
  const branch = [message(1, null), message(2, 1), message(3, 2), message(4, 3)]
  const ids = (list: readonly { id: number }[] | null) => list?.map(({ id }) => id)

  it('goes on at its end', () => {
    expect(ids(grafted(branch, [message(5, 4), message(6, 5)]))).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('forks where a question was put again or an answer was made anew', () => {
    expect(ids(grafted(branch, [message(5, 2), message(6, 5)]))).toEqual([1, 2, 5, 6])
    expect(ids(grafted(branch, [message(5, 3)]))).toEqual([1, 2, 3, 5])
    expect(ids(grafted(branch, [message(5, null), message(6, 5)]))).toEqual([5, 6])
  })

  it('has to be asked for when another tab went on', () => {
    expect(grafted(branch, [message(8, 7)])).toBeNull()
  })

  it('has a last question and a last answer', () => {
    expect(lastQuestion(branch)?.id).toBe(3)
    expect(lastAnswer(branch)?.id).toBe(4)
    expect(lastAnswer([])).toBeNull()
  })
})

describe('days', () => {
  const now = Date.parse('2026-11-22T06:00:00Z')
  const at = (updated_at: string, is_pinned = false) => ({ id: Date.parse(updated_at), updated_at, is_pinned }) as Conversation

  it.each([
    ['2026-11-22T00:30:00Z', 'UTC', 'today'],
    ['2026-11-22T06:00:05Z', 'UTC', 'today'],
    ['2026-11-21T23:59:59Z', 'UTC', 'yesterday'],
    ['2026-11-21T23:59:59Z', 'Asia/Shanghai', 'today'],
    ['2026-11-15T12:00:00Z', 'UTC', 'week'],
    ['2026-11-14T12:00:00Z', 'UTC', 'month'],
    ['2026-09-30T20:00:00Z', 'UTC', '2026-09'],
    ['2026-09-30T20:00:00Z', 'Asia/Shanghai', '2026-10'],
  ])('%s in %s is %s', (time, zone, group) => {
    expect(groupOf(at(time), now, zone)).toBe(group)
  })

  it('stand below the pinned ones, in the order of the list', () => {
    const sections = sectionsOf([at('2026-01-01T00:00:00Z', true), at('2026-11-22T05:00:00Z'), at('2026-11-21T05:00:00Z'), at('2026-11-21T04:00:00Z')], now, 'UTC')
    expect(sections.map(({ group, items }) => [group, items.length])).toEqual([
      ['pinned', 1],
      ['today', 1],
      ['yesterday', 2],
    ])
  })
})

describe('what was found', () => {
  it('is marked wherever it stands, in any case and language', () => {
    expect(markedParts('Nginx and nginx', 'NGINX')).toEqual([
      { text: 'Nginx', isHit: true },
      { text: ' and ', isHit: false },
      { text: 'nginx', isHit: true },
    ])
    expect(markedParts('如何部署服务', '部署').filter(({ isHit }) => isHit)).toEqual([{ text: '部署', isHit: true }])
  })

  it('may hold signs that mean something in patterns', () => {
    expect(markedParts('a (b) c', '(b)')[1]).toEqual({ text: '(b)', isHit: true })
  })
})

describe('shortcuts', () => {
  const press = (key: string, held: Partial<KeyboardEvent> = {}) => ({
    key,
    ctrlKey: false,
    metaKey: false,
    shiftKey: false,
    altKey: false,
    isComposing: false,
    defaultPrevented: false,
    ...held,
  })

  it.each([
    [press('k', { ctrlKey: true }), true, 'search'],
    [press('K', { metaKey: true }), false, 'search'],
    [press('O', { ctrlKey: true, shiftKey: true }), true, 'begin'],
    [press('ArrowDown', { altKey: true }), true, 'next'],
    [press('/'), false, 'focus'],
    [press('/'), true, null],
    [press('?', { shiftKey: true }), false, 'help'],
    [press('?', { shiftKey: true }), true, null],
    [press('Escape'), true, 'stop'],
    [press('Escape', { isComposing: true }), true, null],
    [press('k', { ctrlKey: true, altKey: true }), false, null],
    [press('o', { ctrlKey: true }), false, null],
    [press('Escape', { defaultPrevented: true }), false, null],
  ])('%j while typing %s is %s', (event, isTyping, name) => {
    expect(shortcutOf(event, isTyping)).toBe(name)
  })
})

describe('the name of a file', () => {
  it.each([
    ['a/b: c?', 'a b c.md'],
    ['', 'chat.md'],
    ['../../etc', '.. .. etc.md'],
    ['部署 nginx', '部署 nginx.md'],
  ])('%j is %j', (title, name) => {
    expect(fileName(title, 'md')).toBe(name)
  })
})
