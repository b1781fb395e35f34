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
