import { newKey } from '@/core/http/newKey'
import { draftKey, keysUnder, readJson, writeJson } from '@/core/storage'

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

export function createDrafts(userId: number) {
  const prefix = draftKey(userId, 'chat.')

  function load(place: DraftPlace): Draft {
    return read(prefix + place) ?? { text: '', key: newKey(), savedAt: 0 }
  }

  /** True when the browser keeps it: where it cannot, there is no draft and the page works on. */
  function save(place: DraftPlace, draft: Draft): boolean {
    const isKept = writeJson(prefix + place, draft.text.trim() === '' ? null : draft)
    prune()
    return isKept
  }

  function prune(): void {
    const own = keysUnder(prefix)
    if (own.length <= MOST_DRAFTS) return
    const byAge = own.map((key) => ({ key, savedAt: read(key)?.savedAt ?? 0 })).sort((one, other) => other.savedAt - one.savedAt)
    byAge.slice(MOST_DRAFTS).forEach(({ key }) => writeJson(key, null))
  }

  return { load, save }
}

export type Drafts = ReturnType<typeof createDrafts>

function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string' && 'key' in value && 'savedAt' in value
}

/** What another release wrote is none. */
function read(key: string): Draft | null {
  const stored = readJson(key)
  return isDraft(stored) ? stored : null
}
