import { watch } from 'vue'
import { get } from '@/core/http/client'
import { useReleaseNotice } from '@/core/release/release'
import { watchTyping } from '@/core/release/typed'
import { deliver, onServerEvent } from './bus'
import { createFollower } from './follower'

interface Session {
  readonly me: { readonly id: number } | null
  readonly accessToken: string | null
  refresh(): Promise<string | null>
}

const ASK_AGAIN_MS = 60_000

/** Keeps this page in touch with its server for as long as somebody is logged in. */
export function followServer(session: Session): void {
  const notice = useReleaseNotice()
  const follower = createFollower(`${import.meta.env.VITE_API_ORIGIN}/api/v1/events`, {
    accessToken: () => session.accessToken,
    refresh: () => session.refresh(),
    deliver,
  })
  onServerEvent('hello', (data) => {
    if (typeof data === 'object' && data !== null && 'release' in data) notice.heard(data.release)
  })
  watch(
    () => session.me?.id ?? null,
    (id) => (id === null ? follower.stop() : follower.start(id)),
    { immediate: true },
  )
  watchTyping()

  // The stream may be in another tab or on a way that a proxy cuts: whoever comes back to the page asks once.
  let asked = Date.now()
  window.addEventListener('focus', () => {
    if (!session.me || Date.now() - asked < ASK_AGAIN_MS) return
    asked = Date.now()
    // A server that does not answer now is no news about a release.
    get('/api/v1/system/release', { quiet: true }).then(
      ({ id }) => notice.heard(id),
      () => undefined,
    )
  })
}
