export interface Ordered {
  id: number
  sort_order: number
}

/** Which rows get another place when one moves up or down: only those whose number really has to change. */
export function reordered(rows: readonly Ordered[], id: number, by: -1 | 1): Ordered[] {
  const from = rows.findIndex((row) => row.id === id)
  const to = from + by
  if (from < 0 || to < 0 || to >= rows.length) return []
  const next = [...rows]
  const [moved] = next.splice(from, 1)
  if (moved) next.splice(to, 0, moved)
  // Rows that share a number have no order of their own, so everything is numbered anew in tens.
  return next
    .map((row, index) => ({ id: row.id, sort_order: (index + 1) * 10, was: row.sort_order }))
    .filter((row) => row.sort_order !== row.was)
    .map(({ id, sort_order }) => ({ id, sort_order }))
}
