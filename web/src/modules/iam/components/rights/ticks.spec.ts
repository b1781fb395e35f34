import { describe, expect, it } from 'vitest'
import { below, grow, search, settle, tickStates, toggle, type Right } from './ticks'

const make = (id: number, parent_id: number | null, kind: Right['kind'], title = `t${id}`): Right => ({
  id,
  parent_id,
  kind,
  title,
  permission: kind === 'button' ? `perm:x:${id}` : null,
})
// 1 directory > 2 page > 3, 4 buttons; 1 > 5 page without buttons; 6 an empty directory
const nodes = [
  make(1, null, 'directory'),
  make(2, 1, 'page', 'Users'),
  make(3, 2, 'button', 'Create'),
  make(4, 2, 'button', 'Delete'),
  make(5, 1, 'page', 'Roles'),
  make(6, null, 'directory'),
]
const tree = grow(nodes)
const states = (...ticked: number[]) => Object.fromEntries(tickStates(tree, new Set(ticked)))
const sorted = (ticked: Set<number>) => [...ticked].sort((a, b) => a - b)

describe('the tree', () => {
  it('keeps the order of the list and loses nothing whose parent is gone', () => {
    expect(tree.map(({ node }) => node.id)).toEqual([1, 6])
    expect(tree[0] && below(tree[0]).map(({ node }) => node.id)).toEqual([2, 3, 4, 5])
    expect(grow([make(9, 77, 'page')]).map(({ node }) => node.id)).toEqual([9])
    expect(grow([make(9, 9, 'page')])).toHaveLength(1)
  })
})

describe('ticks', () => {
  it('are half for a page without its buttons, and for all above it', () => {
    expect(states(1, 2)).toMatchObject({ 1: 'some', 2: 'some', 3: 'none', 5: 'none' })
    expect(states(1, 2, 3, 4)).toMatchObject({ 1: 'some', 2: 'all' })
    expect(states(1, 2, 3, 4, 5)).toMatchObject({ 1: 'all' })
    expect(states()).toMatchObject({ 1: 'none', 2: 'none' })
  })

  it('of a directory follow its contents, whatever is stored for itself', () => {
    expect(states(1)).toMatchObject({ 1: 'none' })
    expect(states(2, 3, 4, 5)).toMatchObject({ 1: 'all' })
    expect(sorted(settle(tree, new Set([1])))).toEqual([])
    expect(sorted(settle(tree, new Set([5])))).toEqual([1, 5])
  })

  it('bring the page and the directories of a button along', () => {
    expect(sorted(toggle(tree, new Set(), 3, true))).toEqual([1, 2, 3])
  })

  it('take everything below, and the directory when nothing is left in it', () => {
    expect(sorted(toggle(tree, new Set(), 1, true))).toEqual([1, 2, 3, 4, 5])
    expect(sorted(toggle(tree, new Set([1, 2, 3, 4, 5]), 2, false))).toEqual([1, 5])
    expect(sorted(toggle(tree, new Set([1, 5]), 5, false))).toEqual([])
  })

  it('leave the page when its last button goes: seeing without changing is a right of its own', () => {
    expect(sorted(toggle(tree, new Set([1, 2, 3]), 3, false))).toEqual([1, 2])
  })

  it('do not touch what may not be touched', () => {
    const mayTouch = ({ id }: Right) => id !== 4
    expect(sorted(toggle(tree, new Set(), 1, true, mayTouch))).toEqual([1, 2, 3, 5])
    expect(sorted(toggle(tree, new Set([1, 2, 3, 4, 5]), 1, false, mayTouch))).toEqual([1, 4])
  })
})

describe('the search', () => {
  const found = (text: string) =>
    search(tree, ({ title }) => title === text).flatMap((branch) => [branch.node.id, ...below(branch).map(({ node }) => node.id)])

  it('shows a match with what is above and below it', () => {
    expect(found('Delete')).toEqual([1, 2, 4])
    expect(found('Users')).toEqual([1, 2, 3, 4])
    expect(found('nothing')).toEqual([])
  })
})
