import type { PermissionLabel } from '@/core/api/permissions'
import type { MenuNode } from './menu'

const page = (name: string, module: string, title: string, view: string, permission: PermissionLabel): MenuNode => ({
  name,
  path: `/${name}`,
  title: `${module}.menu.${title}`,
  icon: '',
  view: `${module}/${view}`,
  permission,
})

export const dashboard: MenuNode = {
  name: 'dashboard',
  path: '/dashboard',
  title: 'system.menu.dashboard',
  icon: 'dashboard',
  view: 'system/DashboardView',
}

const jobs: MenuNode = { name: 'jobs', path: '/jobs', title: 'jobs.menu.jobs', icon: 'list-checks', view: 'jobs/JobsView' }

/** What everybody has who is in, whatever the server's tree says. */
const everybodys: readonly MenuNode[] = [dashboard, jobs]

/**
 * The pages that this release brings, at their usual addresses. They are no menu: the menu is the server's. They are known so that
 * a link to a page one has no right to says which right is missing instead of "does not exist".
 */
export const knownPages: readonly MenuNode[] = [
  page('chat', 'chat', 'chat', 'ChatView', 'perm:chat:use'),
  page('users', 'iam', 'users', 'UsersView', 'perm:user:get'),
  page('roles', 'iam', 'roles', 'RolesView', 'perm:role:get'),
  page('menus', 'iam', 'menus', 'MenusView', 'perm:menu:get'),
  page('permissions', 'iam', 'permissions', 'PermissionsView', 'perm:permission:get'),
  page('sessions', 'iam', 'sessions', 'SessionsView', 'perm:session:get'),
  page('login-logs', 'iam', 'login_logs', 'LoginLogView', 'perm:login_log:get'),
  page('parameters', 'system', 'parameters', 'ParametersView', 'perm:parameter:get'),
  page('dictionaries', 'system', 'dictionaries', 'DictionariesView', 'perm:dictionary:get'),
  page('schedules', 'jobs', 'schedules', 'SchedulesView', 'perm:schedule:get'),
  page('operation-logs', 'system', 'operation_logs', 'OperationLogView', 'perm:operation_log:get'),
  page('logs', 'system', 'logs', 'LogsView', 'perm:log:get'),
  page('activation-codes', 'system', 'activation_codes', 'ActivationCodesView', 'perm:activation_code:get'),
  page('chat-providers', 'chat', 'providers', 'ProvidersView', 'perm:chat_provider:get'),
  page('images', 'images', 'images', 'ImagesView', 'perm:image:use'),
  page('image-providers', 'images', 'image_providers', 'ImageProvidersView', 'perm:image_provider:get'),
  page('notice-channels', 'notify', 'channels', 'ChannelsView', 'perm:notice_channel:get'),
  page('notice-templates', 'notify', 'templates', 'TemplatesView', 'perm:notice_template:get'),
  page('outbox', 'notify', 'outbox', 'OutboxView', 'perm:outbox:get'),
  page('imports', 'transfer', 'imports', 'ImportsView', 'perm:transfer:import'),
  page('recycle-bin', 'system', 'recycle_bin', 'RecycleBinView', 'perm:recycle_bin:get'),
  page('system', 'system', 'system', 'SystemView', 'perm:link_check:get'),
]

/** The routes of somebody: the tree of the server, what is everybody's, and the known pages that lack a right. */
export function routesFor(tree: readonly MenuNode[], can: (label: PermissionLabel) => boolean): MenuNode[] {
  const paths = new Set<string>()
  const names = new Set<string>()
  const collect = (nodes: readonly MenuNode[]): void =>
    nodes.forEach((node) => {
      paths.add(node.path)
      names.add(node.name)
      collect(node.children ?? [])
    })
  collect(tree)
  const refused = knownPages.filter(({ permission }) => permission && !can(permission))
  return [...tree, ...[...everybodys, ...refused].filter(({ path, name }) => !paths.has(path) && !names.has(name))]
}
