import { computed, ref, shallowRef } from 'vue'
import { defineStore } from 'pinia'
import type { PermissionLabel } from '@/core/api/permissions'
import { ApiError } from '@/core/http/problem'
import { withTabLock } from '@/core/http/tabLock'
import type { MenuNode } from '@/core/router/menu'
import { forgetDrafts } from '@/core/storage'
import * as api from '../api/auth'

/** `unknown`: nobody asked yet. `unreachable`: asked, but no server answered, so a log-in page would be a lie. */
export type SessionState = 'unknown' | 'anonymous' | 'authenticated' | 'unreachable'

export const useSession = defineStore('session', () => {
  // In memory only: a script that gets into the page finds no token in storage, and a reload asks the cookie again.
  const accessToken = ref<string | null>(null)
  const me = ref<api.Me | null>(null)
  const state = ref<SessionState>('unknown')
  const name = computed(() => me.value?.display_name || me.value?.username || '')
  const menu = shallowRef<readonly MenuNode[]>([])
  const mustChangePassword = computed(() => me.value?.must_change_password ?? false)
  /** Somebody without any role can do nothing here yet, and has to be told whom to ask. */
  const hasNoRole = computed(() => me.value !== null && !me.value.is_administrator && me.value.roles.length === 0)
  let restoring: Promise<void> | null = null
  let reloading: Promise<void> | null = null

  function can(label: PermissionLabel): boolean {
    return me.value !== null && (me.value.is_administrator || me.value.permissions.includes(label))
  }

  function hasRole(code: string): boolean {
    return me.value?.roles.some((role) => role.code === code) ?? false
  }

  function forget(): void {
    accessToken.value = null
    me.value = null
    menu.value = []
    state.value = 'anonymous'
  }

  /** A new access token by the cookie, or null when the session is over. Throws when the server cannot be asked. */
  async function refresh(): Promise<string | null> {
    try {
      const answer = await withTabLock('groundwork.refresh', api.refresh)
      accessToken.value = answer.access_token
      return answer.access_token
    } catch (error) {
      if (!(error instanceof ApiError) || error.isOutage || error.status === 429) throw error
      accessToken.value = null
      return null
    }
  }

  async function askTheCookie(): Promise<void> {
    try {
      if ((await refresh()) === null) return forget()
      await loadMe()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 401) forget()
      else state.value = 'unreachable'
    }
  }

  /** Asks once per page load who is here; every navigation may wait for it. */
  async function restore(): Promise<void> {
    if (state.value !== 'unknown') return
    restoring ??= askTheCookie().finally(() => {
      restoring = null
    })
    await restoring
  }

  async function retry(): Promise<void> {
    state.value = 'unknown'
    await restore()
  }

  async function loadMe(): Promise<void> {
    const [person, tree] = await Promise.all([api.whoAmI(), api.myMenu()])
    me.value = person
    // The same tree stays the same object, so that nobody goes anywhere for nothing.
    if (JSON.stringify(tree) !== JSON.stringify(menu.value)) menu.value = tree
    state.value = 'authenticated'
  }

  /** After a hint that rights have changed: once for all who ask at the same time. What fails here, the next click shows. */
  async function reloadRights(): Promise<void> {
    if (state.value !== 'authenticated') return
    reloading ??= loadMe()
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error
      })
      .finally(() => {
        reloading = null
      })
    await reloading
  }

  async function logIn(credentials: api.Credentials): Promise<void> {
    accessToken.value = (await api.logIn(credentials)).access_token
    await loadMe()
  }

  /** Rejects when the server could not end the session: then it lives on, and saying "logged out" would be a lie. */
  async function logOut(): Promise<void> {
    try {
      await api.logOut()
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error
    }
    if (me.value) forgetDrafts(me.value.id)
    forget()
  }

  return {
    accessToken,
    me,
    menu,
    state,
    name,
    mustChangePassword,
    hasNoRole,
    can,
    hasRole,
    forget,
    refresh,
    restore,
    retry,
    loadMe,
    reloadRights,
    logIn,
    logOut,
  }
})
