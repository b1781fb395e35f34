import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref, type EffectScope } from 'vue'
import { ApiError } from '@/core/http/problem'
import { createDrafts, NEW, type DraftPlace } from './drafts'
import { useComposer, type Composer } from './useComposer'

beforeEach(() => localStorage.clear())

function composerAt(place: { value: DraftPlace }): { composer: Composer; scope: EffectScope } {
  const scope = effectScope()
  const composer = scope.run(() => useComposer(ref(place) as never, createDrafts(7))) as Composer
  return { composer, scope }
}

describe('drafts', () => {
  it('are kept for each conversation and each person', () => {
    createDrafts(7).save(3, { text: 'hello', key: 'k', savedAt: 1 })
    expect(createDrafts(7).load(3)).toEqual({ text: 'hello', key: 'k', savedAt: 1 })
    expect(createDrafts(7).load(4).text).toBe('')
    expect(createDrafts(8).load(3).text).toBe('')
  })

  it('that are empty leave nothing behind', () => {
    createDrafts(7).save(3, { text: 'hello', key: 'k', savedAt: 1 })
    createDrafts(7).save(3, { text: '  ', key: 'k', savedAt: 1 })
    expect(localStorage.length).toBe(0)
  })

  it('of long ago give way', () => {
    const drafts = createDrafts(7)
    for (let id = 1; id <= 60; id++) drafts.save(id, { text: `text ${id}`, key: 'k', savedAt: id })
    expect(drafts.load(1).text).toBe('')
    expect(drafts.load(60).text).toBe('text 60')
    expect(localStorage.length).toBe(50)
  })

  it('that cannot be read or kept stop nobody', () => {
    localStorage.setItem('groundwork.draft.7.chat.3', '{broken')
    localStorage.setItem('groundwork.draft.7.chat.4', '{"text":4}')
    expect(createDrafts(7).load(3).text).toBe('')
    expect(createDrafts(7).load(4).text).toBe('')
    const full = {
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError')
      },
    }
    vi.stubGlobal('localStorage', full)
    expect(createDrafts(7).save(3, { text: 'a', key: 'k', savedAt: 1 })).toBe(false)
    vi.unstubAllGlobals()
  })
})

describe('the composer', () => {
  it('keeps what is typed over a reload', () => {
    const { composer, scope } = composerAt(ref<DraftPlace>(3))
    composer.text.value = 'half a sentence'
    scope.stop()
    expect(composerAt(ref<DraftPlace>(3)).composer.text.value).toBe('half a sentence')
  })

  it('keeps it also when the page goes at once', () => {
    const { composer } = composerAt(ref<DraftPlace>(3))
    composer.text.value = 'half'
    window.dispatchEvent(new Event('pagehide'))
    expect(createDrafts(7).load(3).text).toBe('half')
  })

  it('gives each conversation its own text', () => {
    const place = ref<DraftPlace>(3)
    const scope = effectScope()
    const composer = scope.run(() => useComposer(place, createDrafts(7))) as Composer
    composer.text.value = 'for three'
    place.value = 4
    expect(composer.text.value).toBe('')
    composer.text.value = 'for four'
    place.value = 3
    expect(composer.text.value).toBe('for three')
  })

  it('gives the text up only when it was sent', async () => {
    const { composer } = composerAt(ref<DraftPlace>(3))
    composer.text.value = ' hello '
    const task = vi.fn().mockRejectedValueOnce(new ApiError('network_unreachable', 0)).mockResolvedValueOnce(undefined)
    expect(await composer.submit(task)).toBe(false)
    expect(composer.text.value).toBe(' hello ')
    expect(composer.error.value?.code).toBe('network_unreachable')
    expect(createDrafts(7).load(3).text).toBe(' hello ')

    expect(await composer.submit(task)).toBe(true)
    expect(composer.text.value).toBe('')
    expect(composer.error.value).toBeNull()
    expect(createDrafts(7).load(3).text).toBe('')
    // The same key, so that a message that had arrived after all is not asked twice.
    expect(task.mock.calls[0]).toEqual(['hello', task.mock.calls[1]?.[1]])
  })

  it('takes another key for another text', async () => {
    const { composer } = composerAt(ref<DraftPlace>(3))
    const keys: string[] = []
    const task = (_: string, key: string) => Promise.resolve(keys.push(key))
    composer.text.value = 'one'
    await composer.submit(task)
    composer.text.value = 'one'
    await composer.submit(task)
    expect(keys[0]).not.toBe(keys[1])
  })

  it('sends nothing empty, and nothing twice at once', async () => {
    const { composer } = composerAt(ref<DraftPlace>(3))
    const task = vi.fn(() => new Promise((resolve) => setTimeout(resolve)))
    composer.text.value = ' \n '
    expect(await composer.submit(task)).toBe(false)
    composer.text.value = 'hello'
    await Promise.all([composer.submit(task), composer.submit(task)])
    expect(task).toHaveBeenCalledTimes(1)
  })

  it('moves with the text to a conversation that is made by sending', async () => {
    const place = ref<DraftPlace>(NEW)
    const scope = effectScope()
    const composer = scope.run(() => useComposer(place, createDrafts(7))) as Composer
    composer.text.value = 'first'
    const sent = await composer.submit(async () => {
      composer.moveTo(9)
      place.value = 9
      expect(composer.text.value).toBe('first')
      throw new ApiError('timeout', 0)
    })
    expect(sent).toBe(false)
    expect(composer.text.value).toBe('first')
    expect(composer.error.value?.code).toBe('timeout')
    expect(createDrafts(7).load(NEW).text).toBe('')
    expect(await composer.submit(() => Promise.resolve())).toBe(true)
    expect(createDrafts(7).load(9).text).toBe('')
  })

  it('leaves another conversation alone when the answer to the sending comes late', async () => {
    const place = ref<DraftPlace>(3)
    const scope = effectScope()
    const composer = scope.run(() => useComposer(place, createDrafts(7))) as Composer
    composer.text.value = 'for three'
    await composer.submit(() => {
      place.value = 4
      composer.text.value = 'for four'
      return Promise.resolve()
    })
    expect(composer.text.value).toBe('for four')
    place.value = 3
    expect(composer.text.value).toBe('')
  })
})
