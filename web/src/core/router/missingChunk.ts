import type { Router } from 'vue-router'

const key = 'groundwork.reloaded-for'

/**
 * A tab that was opened some releases ago asks for chunks that are gone. One real page load to where the person wanted
 * to go fixes it; a second one in a row would not, so it happens once per address and then `unreachable` has to say it.
 */
export function reloadOnMissingChunk(
  router: Router,
  unreachable: () => void,
  load: (path: string) => void = (path) => window.location.assign(path),
): void {
  let missing = false
  window.addEventListener('vite:preloadError', () => {
    missing = true
  })
  router.onError((error: unknown, to) => {
    // Vue Router is silent once somebody listens, so a bug in a page has to be put back where errors are seen.
    if (!missing) return reportError(error)
    missing = false
    if (sessionStorage.getItem(key) === to.fullPath) return unreachable()
    sessionStorage.setItem(key, to.fullPath)
    load(to.fullPath)
  })
  router.afterEach(() => {
    missing = false
    sessionStorage.removeItem(key)
  })
}
