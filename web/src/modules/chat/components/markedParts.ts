export interface Part {
  text: string
  isHit: boolean
}

/** A text cut where what was searched for stands in it, so that it can be marked without any HTML. */
export function markedParts(text: string, query: string): Part[] {
  const words = query.split(/\s+/).filter(Boolean)
  if (words.length === 0) return [{ text, isHit: false }]
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  return text
    .split(new RegExp(`(${pattern})`, 'giu'))
    .map((part, index) => ({ text: part, isHit: index % 2 === 1 }))
    .filter(({ text: part }) => part !== '')
}

/** Without the signs of Markdown that only stand in the way of two lines of it. */
export const plainText = (snippet: string): string => snippet.replace(/\*\*|`|(^|\s)#{1,6}(?=\s)/g, '$1')
