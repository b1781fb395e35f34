import type { Menu } from '../../api/menus'
import { grow, search, type Branch } from '../rights/ticks'

export interface MenuRow extends Menu {
  depth: number
  childCount: number
  isFirst: boolean
  isLast: boolean
}

/** The rows to show, top down: what lies in a folded branch is left out. */
export function flatten(
  menus: readonly Menu[],
  folded: ReadonlySet<number>,
  matches: ((menu: Menu) => boolean) | null,
): MenuRow[] {
  const tree = grow(menus)

  function rows(branches: readonly Branch<Menu>[], depth: number): MenuRow[] {
    return branches.flatMap(({ node, children }, index) => [
      { ...node, depth, childCount: children.length, isFirst: index === 0, isLast: index === branches.length - 1 },
      ...(folded.has(node.id) && !matches ? [] : rows(children, depth + 1)),
    ])
  }

  return rows(matches ? search(tree, matches) : tree, 0)
}

const step = 10

/** What has to change so that a menu stands one place higher (-1) or lower (+1) among its siblings. */
export function moved(menus: readonly Menu[], menu: Menu, by: -1 | 1): { id: number; sort_order: number }[] {
  const siblings = menus.filter(({ parent_id }) => parent_id === menu.parent_id)
  const from = siblings.findIndex(({ id }) => id === menu.id)
  const to = from + by
  if (from < 0 || to < 0 || to >= siblings.length) return []
  const order = [...siblings]
  order.splice(from, 1)
  order.splice(to, 0, menu)
  // Renumbered with gaps, since siblings may share a number; those that keep theirs are not sent.
  return order
    .map((one, index) => ({ id: one.id, sort_order: (index + 1) * step, before: one.sort_order }))
    .filter(({ sort_order, before }) => sort_order !== before)
    .map(({ id, sort_order }) => ({ id, sort_order }))
}

/** The names of everything that hangs on a menu, top down. */
export function hanging(menus: readonly Menu[], id: number): Menu[] {
  return menus.filter(({ parent_id }) => parent_id === id).flatMap((child) => [child, ...hanging(menus, child.id)])
}

/** Where a menu of this kind may hang; never below itself. */
export function parentsFor(menus: readonly Menu[], kind: Menu['kind'], self: number | null): Menu[] {
  const own = new Set(self === null ? [] : [self, ...hanging(menus, self).map(({ id }) => id)])
  return menus.filter((menu) => menu.kind === (kind === 'button' ? 'page' : 'directory') && !own.has(menu.id))
}
