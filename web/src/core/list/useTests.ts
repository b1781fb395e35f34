import { ref, type Ref } from 'vue'
import { attempt } from './attempt'

export interface Tests<R> {
  results: Ref<Map<number, R | null>>
  test: (id: number) => Promise<void>
}

/** How services answered when they were tested on this page; null while one is being asked. */
export function useTests<R>(ask: (id: number) => Promise<R>): Tests<R> {
  const results = ref(new Map()) as Ref<Map<number, R | null>>

  function put(id: number, result: R | null | undefined): void {
    const next = new Map(results.value)
    if (result === undefined) next.delete(id)
    else next.set(id, result)
    results.value = next
  }

  async function test(id: number): Promise<void> {
    if (results.value.get(id) === null) return
    put(id, null)
    let answer: R | undefined
    await attempt(async () => {
      answer = await ask(id)
    })
    put(id, answer)
  }

  return { results, test }
}
