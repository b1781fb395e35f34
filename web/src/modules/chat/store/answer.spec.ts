import { describe, expect, it } from 'vitest'
import { applyEvent, furthest, noAnswer, type LiveAnswer } from './answer'

const after = (events: [string, unknown][], from: LiveAnswer = noAnswer()): LiveAnswer =>
  events.reduce((answer, [name, data]) => applyEvent(answer, name, data), from)

describe('an answer that comes', () => {
  it('is put together from its deltas, thinking apart', () => {
    const answer = after([
      ['reset', {}],
      ['delta', { thinking: 'hm' }],
      ['delta', { thinking: 'm' }],
      ['delta', { text: 'Hel' }],
      ['delta', { text: 'lo', thinking: null }],
    ])
    expect(answer).toMatchObject({ text: 'Hello', thinking: 'hmm' })
  })

  it('begins anew when the worker had to', () => {
    expect(after([['delta', { text: 'old', thinking: 'old' }], ['reset', {}], ['delta', { text: 'new' }]])).toMatchObject({ text: 'new', thinking: '' })
  })

  it('has waited once something comes', () => {
    expect(after([['delta', { text: 'a' }]], { ...noAnswer(), placeInLine: 3 }).placeInLine).toBeNull()
  })

  it('knows its speed at the end', () => {
    expect(after([['usage', { prompt: 5, completion: 10, tokens_per_second: 12.5 }]]).tokensPerSecond).toBe(12.5)
  })

  it('is not changed by events of later releases', () => {
    const before = after([['delta', { text: 'a' }]])
    expect(applyEvent(before, 'citation', { url: 'x' })).toBe(before)
  })
})

describe('what is shown of a stored and a streamed text', () => {
  it.each([
    ['', 'abc', 'abc'],
    ['abc', '', 'abc'],
    ['abc', 'ab', 'abc'],
    ['abc', 'abcd', 'abcd'],
    ['old try', 'new', 'new'],
  ])('%j and %j are %j', (stored, streamed, shown) => {
    expect(furthest(stored, streamed)).toBe(shown)
  })
})
