const TALLEST = 0.4

/** A text area as high as its text, up to a part of the window; then it scrolls. */
export function fitToText(area: HTMLTextAreaElement): void {
  area.style.height = 'auto'
  area.style.height = `${Math.min(area.scrollHeight, window.innerHeight * TALLEST)}px`
}

/** On a touch keyboard Enter is the only way to a new line: there the button sends. */
const hasKeyboard = (): boolean => !window.matchMedia('(pointer: coarse)').matches

/** Enter alone, and not the one that takes a word from an input method for Chinese or Japanese. */
export function isSend(event: KeyboardEvent): boolean {
  if (event.key !== 'Enter' || event.shiftKey || event.altKey || event.isComposing || event.keyCode === 229) return false
  return event.ctrlKey || event.metaKey || hasKeyboard()
}
