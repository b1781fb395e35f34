import katex from 'katex'
import 'katex/dist/katex.min.css'
import { clean } from './sanitise'

/**
 * Sets one formula. KaTeX places its parts by style attributes, which `style-src 'self'` refuses in HTML but allows through
 * the CSSOM: so they travel as `data-style`. Quotes of the source are escaped by KaTeX, so the name stands for nothing else.
 * What KaTeX does not understand stays visible as its source.
 */
export function typeset(place: HTMLElement): void {
  const source = place.textContent ?? ''
  let html: string
  try {
    html = katex.renderToString(source, {
      displayMode: place.classList.contains('display'),
      throwOnError: true,
      strict: 'ignore',
      trust: false,
      maxSize: 50,
      maxExpand: 500,
    })
  } catch (error) {
    if (!(error instanceof katex.ParseError)) throw error
    place.classList.add('is-source')
    place.title = error.message
    return
  }
  const formula = clean(html.replaceAll(' style="', ' data-style="'), 'math')
  for (const part of formula.querySelectorAll<HTMLElement | SVGElement>('[data-style]')) {
    part.style.cssText = part.dataset.style ?? ''
    part.removeAttribute('data-style')
  }
  place.replaceChildren(formula)
}
