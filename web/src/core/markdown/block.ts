import { clean } from './sanitise'

/** What a block shows besides its text, in the language of the moment. */
export interface Words {
  copy: string
  code: string
  table: string
}

type Highlight = typeof import('./highlight')
type MathSetter = typeof import('./math')

let highlight: Highlight | null = null
let math: MathSetter | null = null

// Both are large and most answers need neither: they are asked for by the first code or formula that appears.
const loadHighlight = async (): Promise<Highlight> => (highlight ??= await import('./highlight'))
const loadMath = async (): Promise<MathSetter> => (math ??= await import('./math'))

const languageOf = (code: Element): string => /(?:^|\s)language-(\S+)/.exec(code.className)?.[1]?.toLowerCase() ?? ''

function frame(root: ParentNode, words: Words): void {
  for (const code of root.querySelectorAll<HTMLElement>('pre > code')) {
    const pre = code.parentElement as HTMLElement
    const box = document.createElement('div')
    const head = document.createElement('div')
    const name = document.createElement('span')
    const button = document.createElement('button')
    box.className = 'code'
    head.className = 'code-head'
    name.textContent = languageOf(code)
    name.translate = false
    button.type = 'button'
    button.className = 'code-copy'
    button.textContent = words.copy
    button.dataset.copy = ''
    // Wider than the screen it scrolls, and must do so by keys too.
    pre.tabIndex = 0
    pre.setAttribute('role', 'group')
    pre.setAttribute('aria-label', [words.code, languageOf(code)].filter(Boolean).join(': '))
    pre.translate = false
    pre.replaceWith(box)
    head.append(name, button)
    box.append(head, pre)
  }
  for (const table of root.querySelectorAll<HTMLElement>('div.table')) {
    table.tabIndex = 0
    table.setAttribute('role', 'group')
    table.setAttribute('aria-label', words.table)
  }
  for (const formula of root.querySelectorAll<HTMLElement>('.tex.display')) formula.tabIndex = 0
}

function colour(root: ParentNode, { highlight }: Highlight): void {
  for (const code of root.querySelectorAll<HTMLElement>('pre > code[class*="language-"]')) highlight(code, languageOf(code))
}

function setFormulas(root: ParentNode, { typeset }: MathSetter): void {
  root.querySelectorAll<HTMLElement>('.tex').forEach(typeset)
}

/** Puts the sanitised elements of one block in place; colours and formulas follow when their libraries have come. */
export function fill(place: HTMLElement, html: string, words: Words): void {
  const content = clean(html, 'text')
  frame(content, words)
  const hasCode = content.querySelector('pre > code[class*="language-"]') !== null
  const hasMath = content.querySelector('.tex') !== null
  if (highlight) colour(content, highlight)
  if (math) setFormulas(content, math)
  const pending = { code: hasCode && !highlight, math: hasMath && !math }
  const children = [...content.childNodes]
  place.replaceChildren(content)
  // A newer filling may have taken the place by then.
  const isStill = (): boolean => children[0]?.parentNode === place
  if (pending.code) loadHighlight().then((loaded) => isStill() && colour(place, loaded), reportError)
  if (pending.math) loadMath().then((loaded) => isStill() && setFormulas(place, loaded), reportError)
}
