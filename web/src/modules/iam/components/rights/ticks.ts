export interface Right {
  id: number
  parent_id: number | null
  kind: 'directory' | 'page' | 'button'
  title: string
  permission: string | null
}

export interface Branch<N extends Right = Right> {
  node: N
  children: Branch<N>[]
}

export type Tick = 'all' | 'some' | 'none'

/** The tree of a flat list, in the list's order. What names a parent that is not there stands at the top, not nowhere. */
export function grow<N extends Right>(nodes: readonly N[]): Branch<N>[] {
  const branches = new Map(nodes.map((node) => [node.id, { node, children: [] as Branch<N>[] }]))
  const top: Branch<N>[] = []
  for (const branch of branches.values()) {
    const parent = branch.node.parent_id === null ? undefined : branches.get(branch.node.parent_id)
    if (parent && parent !== branch) parent.children.push(branch)
    else top.push(branch)
  }
  return top
}

export function below<N extends Right>(branch: Branch<N>): Branch<N>[] {
  return branch.children.flatMap((child) => [child, ...below(child)])
}

/** How each node is to be shown: fully ticked, ticked in part (itself or something below), or not at all. */
export function tickStates(tree: readonly Branch[], ticked: ReadonlySet<number>): Map<number, Tick> {
  const states = new Map<number, Tick>()

  function visit({ node, children }: Branch): Tick {
    const parts = children.map(visit)
    // A directory is nothing by itself; it is what its contents are.
    if (node.kind !== 'directory' || children.length === 0) parts.push(ticked.has(node.id) ? 'all' : 'none')
    const state = parts.every((part) => part === 'all') ? 'all' : parts.every((part) => part === 'none') ? 'none' : 'some'
    states.set(node.id, state)
    return state
  }

  tree.forEach(visit)
  return states
}

/**
 * Ticks or unticks a node with everything below it that may be touched. What is ticked needs its page and its directories, so
 * these come along; directories in which nothing is left go.
 */
export function toggle(
  tree: readonly Branch[],
  ticked: ReadonlySet<number>,
  id: number,
  on: boolean,
  mayTouch: (node: Right) => boolean = () => true,
): Set<number> {
  const next = new Set(ticked)

  function set({ node, children }: Branch): void {
    if (mayTouch(node)) {
      if (on) next.add(node.id)
      else next.delete(node.id)
    }
    children.forEach(set)
  }

  function find(branches: readonly Branch[], above: readonly Right[]): boolean {
    return branches.some((branch) => {
      if (branch.node.id !== id) return find(branch.children, [...above, branch.node])
      set(branch)
      if (on) above.filter(mayTouch).forEach((node) => next.add(node.id))
      return true
    })
  }

  find(tree, [])
  return settle(tree, next)
}

/** Directories follow their contents: ticked while anything below is, unticked when nothing is left. */
export function settle(tree: readonly Branch[], ticked: ReadonlySet<number>): Set<number> {
  const next = new Set(ticked)

  function visit({ node, children }: Branch): boolean {
    const inside = children.map(visit).some(Boolean)
    if (node.kind === 'directory' && children.length > 0) {
      if (inside) next.add(node.id)
      else next.delete(node.id)
    }
    return inside || next.has(node.id)
  }

  tree.forEach(visit)
  return next
}

/** The branches in which something matches, with everything above it; a match keeps all that is below it. */
export function search<N extends Right>(tree: readonly Branch<N>[], matches: (node: N) => boolean): Branch<N>[] {
  return tree.flatMap((branch) => {
    if (matches(branch.node)) return [branch]
    const children = search(branch.children, matches)
    return children.length > 0 ? [{ node: branch.node, children }] : []
  })
}
