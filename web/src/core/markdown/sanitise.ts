import createDOMPurify, { type Config } from 'dompurify'

const purifier = createDOMPurify(window)

// Links leave this page alone, and do not tell where they were found.
purifier.addHook('afterSanitizeAttributes', (node) => {
  if (node.nodeName !== 'A' || !node.hasAttribute('href')) return
  node.setAttribute('target', '_blank')
  node.setAttribute('rel', 'noopener noreferrer nofollow')
})

const textTags = [
  ...['p', 'br', 'hr', 'h3', 'h4', 'h5', 'h6', 'em', 'strong', 's', 'a', 'blockquote', 'ul', 'ol', 'li'],
  ...['pre', 'code', 'span', 'div', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
]
const strict = { ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false, RETURN_DOM_FRAGMENT: true } satisfies Config
const profiles = {
  /** What Markdown makes. */
  text: {
    ...strict,
    ALLOWED_TAGS: [...textTags],
    ALLOWED_ATTR: ['href', 'title', 'class', 'start'],
    ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  },
  /** What a highlighter makes of code. */
  code: { ...strict, ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'] },
  /** What KaTeX makes: HTML for the eye, MathML for screen readers; styles as `data-style`, see `math.ts`. */
  math: {
    ...strict,
    USE_PROFILES: { html: true, svg: true, mathMl: true },
    ADD_TAGS: ['semantics', 'annotation'],
    ADD_ATTR: ['encoding', 'data-style', 'aria-hidden'],
    // Else `top:` would be taken for the scheme of an address.
    ADD_URI_SAFE_ATTR: ['data-style'],
    FORBID_TAGS: ['style', 'a', 'img', 'form', 'input', 'button', 'textarea', 'select', 'image', 'audio', 'video'],
    FORBID_ATTR: ['style', 'id', 'name', 'href', 'xlink:href'],
  },
} satisfies Record<string, Config>

/**
 * Elements ready for the page. They never become text again after this, so nothing can change its meaning by being
 * parsed a second time.
 */
export function clean(html: string, profile: keyof typeof profiles): DocumentFragment {
  return purifier.sanitize(html, profiles[profile])
}
