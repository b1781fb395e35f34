import type { Component } from 'vue'
import type { RouteRecordRaw, Router } from 'vue-router'
import type { PermissionLabel } from '@/core/api/permissions'

/**
 * One entry of the menu and, if it names a view, one route. This is plain data on purpose: the server may give the same
 * shape (`GET` the tree of a user's menus), and `installMenu` does not care where it came from.
 */
export interface MenuNode {
  name: string
  path: string
  /** A message key, or a text that the server gives as it is to be shown. */
  title: string
  icon: string
  /** `<domain>/<view>`: the file src/modules/<domain>/views/<view>.vue. None for a mere group. */
  view?: string
  permission?: PermissionLabel
  hidden?: boolean
  children?: MenuNode[]
}

declare module 'vue-router' {
  interface RouteMeta {
    title?: string
    permission?: PermissionLabel
    /** May be seen without a session. */
    public?: boolean
  }
}

type Loader = () => Promise<Component>

/** Every view of every module, each its own chunk; a server can name only what is in here. */
const views = import.meta.glob<Component>('../../modules/*/views/*.vue', { import: 'default' })

export function viewLoader(view: string, available: Record<string, Loader> = views): Loader {
  const [domain, file] = view.split('/')
  const loader = available[`../../modules/${domain}/views/${file}.vue`]
  if (!loader) throw new Error(`The menu names the view "${view}", which does not exist.`)
  return loader
}

export function menuRoutes(nodes: readonly MenuNode[]): RouteRecordRaw[] {
  return nodes.flatMap((node) => {
    const own: RouteRecordRaw[] = node.view
      ? [
          {
            name: node.name,
            path: node.path,
            component: viewLoader(node.view),
            meta: { title: node.title, ...(node.permission && { permission: node.permission }) },
          },
        ]
      : []
    return [...own, ...menuRoutes(node.children ?? [])]
  })
}

/** Adds the pages below the shell; call the returned function before another tree takes its place. */
export function installMenu(router: Router, shell: string, nodes: readonly MenuNode[]): () => void {
  const removers = menuRoutes(nodes).map((route) => router.addRoute(shell, route))
  return () => removers.forEach((remove) => remove())
}

export function visibleMenu(nodes: readonly MenuNode[], can: (label: PermissionLabel) => boolean): MenuNode[] {
  return nodes
    .filter((node) => !node.hidden && (!node.permission || can(node.permission)))
    .map((node) => (node.children ? { ...node, children: visibleMenu(node.children, can) } : node))
    .filter((node) => node.view || node.children?.length)
}
