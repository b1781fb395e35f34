import './styles/tokens.css'
import './styles/element-plus.css'
import './styles/base.css'
import { createPinia } from 'pinia'
import { createApp, watch } from 'vue'
import App from './App.vue'
import { onServerEvent } from './core/events/bus'
import { followServer } from './core/events/followServer'
import { showTimesIn } from './core/format/zone'
import { http } from './core/http/client'
import { errorText } from './core/http/errorText'
import { installInterceptors } from './core/http/interceptors'
import { ApiError } from './core/http/problem'
import { i18n, preferredLocale, useLocale } from './core/i18n/i18n'
import { connectJobs } from './core/jobs/followJob'
import { canKey } from './core/permission/can'
import { createPermissionDirective, createRoleDirective } from './core/permission/vPermission'
import { reloadOnMissingChunk } from './core/router/missingChunk'
import { createAppRouter, loginFor } from './core/router/router'
import { useTheme } from './core/theme/theme'
import { useSession } from './modules/iam/store/session'

// The one place where the parts learn of each other.
async function start(): Promise<void> {
  const messages = useLocale(preferredLocale())
  const app = createApp(App)
  app.use(createPinia())
  const session = useSession()
  useTheme()

  const show = (error: ApiError): void => {
    void import('./core/http/notify').then(({ notify }) => notify(errorText(error)))
  }
  const router = createAppRouter(() => session)
  reloadOnMissingChunk(router, () => show(new ApiError('network_unreachable', 0)))
  installInterceptors(http, {
    accessToken: () => session.accessToken,
    refresh: () => session.refresh(),
    onSessionLost: () => {
      if (session.state !== 'authenticated') return
      session.forget()
      void router.push(loginFor(router.currentRoute.value, 'expired'))
    },
    onDenied: () => void session.reloadRights(),
    notify: show,
    language: () => i18n.global.locale.value,
  })
  followServer(session)
  connectJobs({ accessToken: () => session.accessToken, refresh: () => session.refresh() })
  onServerEvent('rights', () => void session.reloadRights())
  onServerEvent('reset', () => void session.reloadRights())
  watch(() => session.me?.time_zone, showTimesIn, { immediate: true })
  app.directive('permission', createPermissionDirective(session.can))
  app.directive('role', createRoleDirective(session.hasRole))
  app.provide(canKey, session.can)
  app.use(i18n).use(router)

  await messages
  app.mount('#app')
}

void start()
