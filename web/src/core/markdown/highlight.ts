import highlighter from 'highlight.js/lib/common'
import dockerfile from 'highlight.js/lib/languages/dockerfile'
import nginx from 'highlight.js/lib/languages/nginx'
import powershell from 'highlight.js/lib/languages/powershell'
import { clean } from './sanitise'

highlighter.registerLanguage('dockerfile', dockerfile)
highlighter.registerLanguage('nginx', nginx)
highlighter.registerLanguage('powershell', powershell)

/** Beyond this colouring is felt while an answer grows, and nobody reads that much code in a chat. */
const LONGEST = 60_000

/** Colours a piece of code where its language is known; otherwise it stays as it is. */
export function highlight(code: HTMLElement, language: string): void {
  const text = code.textContent ?? ''
  if (text.length > LONGEST || !highlighter.getLanguage(language)) return
  code.replaceChildren(clean(highlighter.highlight(text, { language, ignoreIllegals: true }).value, 'code'))
}
