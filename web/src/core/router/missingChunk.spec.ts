import { createMemoryHistory, createRouter } from 'vue-router'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { reloadOnMissingChunk } from './missingChunk'

const load = vi.fn()
const unreachable = vi.fn()
const report = vi.fn()

async function open(chunkIsGone: boolean): Promise<void> {
  const page = () => {
    if (chunkIsGone) window.dispatchEvent(new Event('vite:preloadError'))
    return Promise.reject(new Error('Failed to fetch'))
  }
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/gone', component: page }] })
  reloadOnMissingChunk(router, unreachable, load)
  await expect(router.push('/gone')).rejects.toThrow('Failed to fetch')
}

describe('a chunk of an old release', () => {
  beforeEach(() => {
    sessionStorage.clear()
    for (const mock of [load, unreachable, report]) mock.mockReset()
    vi.stubGlobal('reportError', report)
  })

  it('is fetched by one page load; after that the person is told', async () => {
    await open(true)
    expect(load.mock.calls).toEqual([['/gone']])
    expect(unreachable).not.toHaveBeenCalled()
    await open(true)
    expect(load).toHaveBeenCalledTimes(1)
    expect(unreachable).toHaveBeenCalledTimes(1)
  })

  it('is not blamed for a bug in a page', async () => {
    await open(false)
    expect(load).not.toHaveBeenCalled()
    expect(report).toHaveBeenCalledTimes(1)
  })
})
