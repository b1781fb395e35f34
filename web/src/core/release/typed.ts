const fields = new Set<WeakRef<Element>>()

const isTyped = (element: Element): element is HTMLInputElement | HTMLTextAreaElement =>
  element instanceof HTMLTextAreaElement ||
  (element instanceof HTMLInputElement && !['checkbox', 'radio', 'file', 'search', 'range'].includes(element.type))

/** Follows what a person types, from now on and on every page: a form need not know that anybody cares. */
export function watchTyping(root: Document = document): void {
  root.addEventListener('input', ({ target }) => {
    // What is searched for is in the address, so a reload does not lose it.
    if (target instanceof Element && isTyped(target) && !target.closest('search, [role="search"]')) fields.add(new WeakRef(target))
  })
  // What was sent is not lost; a form that keeps it for another try says `data-dirty`.
  root.addEventListener('submit', ({ target }) => {
    for (const field of fields) {
      const element = field.deref()
      if (!element || (target instanceof Node && target.contains(element))) fields.delete(field)
    }
  })
}

/** Whether a reload now would lose something that was typed and not sent. */
export function hasTypedText(root: Document = document): boolean {
  for (const field of fields) {
    const element = field.deref()
    if (!element?.isConnected) fields.delete(field)
    else if (isTyped(element) && element.value !== '') return true
  }
  return root.querySelector('[data-dirty]') !== null
}
