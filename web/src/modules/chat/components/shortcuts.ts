export type ShortcutName =
  | 'send'
  | 'newLine'
  | 'editLast'
  | 'stop'
  | 'focus'
  | 'begin'
  | 'search'
  | 'previous'
  | 'next'
  | 'help'

/** In the order of the help; `Mod` is Ctrl, on a Mac Command. The first two belong to the composer itself. */
export const shortcuts: readonly { name: ShortcutName; keys: readonly string[] }[] = [
  { name: 'send', keys: ['Enter'] },
  { name: 'newLine', keys: ['Shift', 'Enter'] },
  { name: 'editLast', keys: ['↑'] },
  { name: 'stop', keys: ['Esc'] },
  { name: 'focus', keys: ['/'] },
  { name: 'search', keys: ['Mod', 'K'] },
  { name: 'begin', keys: ['Mod', 'Shift', 'O'] },
  { name: 'previous', keys: ['Alt', '↑'] },
  { name: 'next', keys: ['Alt', '↓'] },
  { name: 'help', keys: ['?'] },
]

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey' | 'isComposing' | 'defaultPrevented'>

/** Which shortcut of the page this is. `isTyping`: in a text field, where plain letters belong to the text. */
export function shortcutOf(event: Pressed, isTyping: boolean): ShortcutName | null {
  if (event.defaultPrevented || event.isComposing) return null
  const key = event.key.toLowerCase()
  const hasMod = event.ctrlKey || event.metaKey
  if (hasMod && !event.altKey) return key === 'k' && !event.shiftKey ? 'search' : key === 'o' && event.shiftKey ? 'begin' : null
  if (event.altKey) return key === 'arrowup' ? 'previous' : key === 'arrowdown' ? 'next' : null
  if (key === 'escape') return 'stop'
  if (isTyping) return null
  return key === '/' ? 'focus' : key === '?' ? 'help' : null
}

export const isTypingIn = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
