import { flushPromises } from '@vue/test-utils'
import { effectScope, ref } from 'vue'
import { afterEach, expect, it, vi } from 'vitest'
import { ApiError } from './problem'
import { useDetail } from './useDetail'

const scope = effectScope()
afterEach(() => scope.stop())

it('keeps nothing of the one before, neither its data nor its error', async () => {
  const ask = vi
    .fn<(id: number) => Promise<string>>()
    .mockResolvedValueOnce('one')
    .mockRejectedValueOnce(new ApiError('not_found', 404))
    .mockReturnValueOnce(new Promise(() => undefined))
  const id = ref<number | null>(null)
  const detail = scope.run(() => useDetail(id, ask)) as ReturnType<typeof useDetail<string>>
  await flushPromises()
  expect(ask).not.toHaveBeenCalled()

  id.value = 1
  await flushPromises()
  expect(detail.data.value).toBe('one')
  id.value = 2
  await flushPromises()
  expect([detail.data.value, detail.error.value?.code]).toEqual([null, 'not_found'])
  id.value = 3
  await flushPromises()
  expect([detail.data.value, detail.error.value, detail.busy.value]).toEqual([null, null, true])
})
