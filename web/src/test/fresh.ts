/** Before each file of tests: they share a worker with its libraries and its document, and nothing of ours. */
import { disableAutoUnmount } from '@vue/test-utils'
import { vi } from 'vitest'

vi.resetModules()
vi.useRealTimers()
vi.unstubAllGlobals()
disableAutoUnmount()
localStorage.clear()
sessionStorage.clear()
document.head.replaceChildren()
document.body.replaceChildren()
document.documentElement.removeAttribute('class')
