import { newKey } from '@/core/http/newKey'

/** What was typed and not sent yet, kept by this browser for each conversation, so that a reload or an error loses nothing. */
export interface Draft {
  text: string
  /** Sent along, so that a second try after a lost answer does not ask twice. Made anew whenever the text changes. */
  key: string
  savedAt: number
}

export const NEW = 'new'
/** A conversation, the one that is not begun yet, or a question that is being edited. */
export type DraftPlace = number | typeof NEW | `edit-${number}`

const MOST_DRAFTS = 50
const prefixOf = (userId: number): string => `groundwork.draft.${userId}.`

/** Storage may be blocked, full or hold what another release wrote: then there is no draft, and the page works on. */
export function createDrafts(userId: number, storage: Storage = localStorage) {
  const prefix = prefixOf(userId)

  function load(place: DraftPlace): Draft {
    try {
      const stored: unknown = JSON.parse(storage.getItem(prefix + place) ?? 'null')
      if (isDraft(stored)) return stored
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof DOMException)) throw error
    }
    return { text: '', key: newKey(), savedAt: 0 }
  }

  /** True when the browser keeps it. */
  function save(place: DraftPlace, draft: Draft): boolean {
    try {
      if (draft.text.trim() === '') storage.removeItem(prefix + place)
      else storage.setItem(prefix + place, JSON.stringify(draft))
      prune()
      return true
    } catch (error) {
      if (!(error instanceof DOMException)) throw error
      return false
    }
  }

  function prune(): void {
    const own = Array.from({ length: storage.length }, (_, at) => storage.key(at)).filter((key) => key?.startsWith(prefix))
    if (own.length <= MOST_DRAFTS) return
    const byAge = own
      .map((key) => ({ key: key as string, savedAt: load(key?.slice(prefix.length) as DraftPlace).savedAt }))
      .sort((one, other) => other.savedAt - one.savedAt)
    byAge.slice(MOST_DRAFTS).forEach(({ key }) => storage.removeItem(key))
  }

  return { load, save }
}

export type Drafts = ReturnType<typeof createDrafts>

function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string' && 'key' in value && 'savedAt' in value
}
