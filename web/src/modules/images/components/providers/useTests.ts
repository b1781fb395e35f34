import { ref } from 'vue'
import { attempt } from '@/core/list/attempt'
import { testProvider } from '../../api/providers'
import type { ProviderTest } from '../../api/types'

/** How providers answered when they were asked on this page; null while one is being asked. */
export function useTests() {
  const results = ref(new Map<number, ProviderTest | null>())

  function put(id: number, result: ProviderTest | null | undefined): void {
    const next = new Map(results.value)
    if (result === undefined) next.delete(id)
    else next.set(id, result)
    results.value = next
  }

  async function test(id: number): Promise<void> {
    if (results.value.get(id) === null) return
    put(id, null)
    let answer: ProviderTest | undefined
    await attempt(async () => {
      answer = await testProvider(id)
    })
    put(id, answer)
  }

  return { results, test }
}
