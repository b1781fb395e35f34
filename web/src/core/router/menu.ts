import type { Component } from 'vue'
import type { RouteRecordRaw, Router } from 'vue-router'
import type { PermissionLabel } from '@/core/api/permissions'

/**
 * One entry of the menu and, if it names a view, one route. This is plain data on purpose: the server gives the same
 * shape (`GET /users/me/menus`), and `followMenu` does not care where it came from.
 */
export interface MenuNode {
  name: string
  path: string
  /** A message key, or a text that the server gives as it is to be shown. */
  title: string
  icon: string
  /** `<domain>/<view>`: the file src/modules/<domain>/views/<view>.vue. None for a mere group. */
  view?: string | null
  permission?: PermissionLabel | null
  hidden?: boolean
  children?: MenuNode[]
}

declare module 'vue-router' {
  interface RouteMeta {
    title?: string
    permission?: PermissionLabel
    view?: string | null
    /** May be seen without a session. */
    public?: boolean
  }
}

type Loader = () => Promise<Component>

/** Every view of every module, each its own chunk; a server can name only what is in here. */
const views = import.meta.glob<Component>('../../modules/*/views/*.vue', { import: 'default' })

export function viewNames(): string[] {
  return Object.keys(views).map((file) => file.replace(/^.*modules\/(\w+)\/views\/(\w+)\.vue$/, '$1/$2'))
}

export function viewLoader(view: string, available: Record<string, Loader> = views): Loader | null {
  const [domain, file] = view.split('/')
  return available[`../../modules/${domain}/views/${file}.vue`] ?? null
}

const flat = (nodes: readonly MenuNode[]): MenuNode[] => nodes.flatMap((node) => [node, ...flat(node.children ?? [])])

/** Whatever names a view that this release does not have: the back end may be newer, or somebody mistyped it. */
export function unknownViews(nodes: readonly MenuNode[]): MenuNode[] {
  return flat(nodes).filter(({ view }) => view && !viewLoader(view))
}

export function menuRoutes(nodes: readonly MenuNode[]): RouteRecordRaw[] {
  return flat(nodes).flatMap((node) => {
    const component = node.view && viewLoader(node.view)
    // Only plain paths: a pattern would catch the addresses of other pages.
    if (!component || !/^(\/[\w.-]+)+$/.test(node.path)) return []
    const meta = { title: node.title, view: node.view, ...(node.permission && { permission: node.permission }) }
    return [{ name: node.name, path: node.path, component, meta }]
  })
}

/**
 * Keeps the pages below the shell as the newest tree says. What stays the same is not touched, so that an open page with a
 * half-filled form notices nothing. The answer says whether anything changed: then an address may mean another page.
 */
export function menuFollower(router: Router, shell: string): (nodes: readonly MenuNode[]) => boolean {
  // The pages of the product itself; no entry of a menu may take their place.
  const names = new Set(router.getRoutes().map(({ name }) => name))
  const paths = new Set(router.getRoutes().map(({ path }) => path))
  let installed = new Map<string, () => void>()

  return (nodes) => {
    const routes = menuRoutes(nodes).filter(({ name, path }) => !names.has(name) && !paths.has(path))
    const wanted = new Map(routes.map((route) => [JSON.stringify([route.name, route.path, route.meta]), route]))
    const gone = [...installed].filter(([key]) => !wanted.has(key))
    const fresh = [...wanted].filter(([key]) => !installed.has(key))
    gone.forEach(([, remove]) => remove())
    const added = fresh.map(([key, route]) => [key, router.addRoute(shell, route)] as const)
    installed = new Map([...[...installed].filter(([key]) => wanted.has(key)), ...added])
    return gone.length + fresh.length > 0
  }
}

export function visibleMenu(nodes: readonly MenuNode[], can: (label: PermissionLabel) => boolean): MenuNode[] {
  return nodes
    .filter((node) => !node.hidden && (!node.permission || can(node.permission)) && (!node.view || viewLoader(node.view)))
    .map((node) => (node.children ? { ...node, children: visibleMenu(node.children, can) } : node))
    .filter((node) => node.view || node.children?.length)
}
