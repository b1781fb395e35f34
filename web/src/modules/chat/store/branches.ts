import type { Message } from '../api/types'

export interface Version {
  /** Counted from one, as people do. */
  number: number
  count: number
  previous: number | null
  next: number | null
}

/** Where a message stands among those with the same parent; null when it is the only one. */
export function versionOf({ id, sibling_ids }: Pick<Message, 'id' | 'sibling_ids'>): Version | null {
  const at = sibling_ids.indexOf(id)
  if (sibling_ids.length < 2 || at < 0) return null
  return { number: at + 1, count: sibling_ids.length, previous: sibling_ids[at - 1] ?? null, next: sibling_ids[at + 1] ?? null }
}

/**
 * The branch after a question was asked or an answer begun anew: everything up to the parent of the first new message, then
 * the new ones. Null when the parent is not in it, because another tab went on: then only the server knows.
 */
export function grafted(branch: readonly Message[], fresh: readonly Message[]): Message[] | null {
  const parent = fresh[0]?.parent_id ?? null
  if (parent === null) return [...fresh]
  const at = branch.findIndex(({ id }) => id === parent)
  return at < 0 ? null : [...branch.slice(0, at + 1), ...fresh]
}

/** The last question of a branch, for "edit the last one". */
export const lastQuestion = (branch: readonly Message[]): Message | null => branch.findLast(({ role }) => role === 'user') ?? null

export const lastAnswer = (branch: readonly Message[]): Message | null => branch.findLast(({ role }) => role === 'assistant') ?? null
