/** Small choices a browser remembers (never a secret). Storage may be blocked or hold an old value: then the fallback. */
export function readChoice<T extends string>(key: string, choices: readonly T[], fallback: T): T {
  try {
    const value = localStorage.getItem(`groundwork.${key}`)
    return choices.find((choice) => choice === value) ?? fallback
  } catch {
    return fallback
  }
}

export function writeChoice(key: string, value: string): void {
  try {
    localStorage.setItem(`groundwork.${key}`, value)
  } catch {
    // Blocked storage costs the memory of a choice, nothing else; there is nobody to tell.
  }
}

/** A JSON value; null where there is none, where storage is blocked, and where another hand wrote what nobody can read. */
export function readJson(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(`groundwork.${key}`) ?? 'null')
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DOMException) return null
    throw error
  }
}

/** Null takes the key away. True when the browser did it: storage may be blocked or full. */
export function writeJson(key: string, value: unknown): boolean {
  try {
    if (value === null) localStorage.removeItem(`groundwork.${key}`)
    else localStorage.setItem(`groundwork.${key}`, JSON.stringify(value))
    return true
  } catch (error) {
    if (error instanceof DOMException) return false
    throw error
  }
}

/** The keys that begin like this. */
export function keysUnder(prefix: string): string[] {
  try {
    return Object.keys(localStorage).flatMap((key) => (key.startsWith(`groundwork.${prefix}`) ? [key.slice('groundwork.'.length)] : []))
  } catch (error) {
    if (error instanceof DOMException) return []
    throw error
  }
}

/** Where what somebody has typed and not sent is kept: by person, so that nobody else is shown it, and all of it can go at once. */
export const draftKey = (userId: number, what: string): string => `draft.${userId}.${what}`

/** Whoever logs out leaves nothing typed to the next one at this browser. */
export function forgetDrafts(userId: number): void {
  for (const key of keysUnder(draftKey(userId, ''))) writeJson(key, null)
}
