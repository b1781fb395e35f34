import { tex } from '@mdit/plugin-tex'
import MarkdownIt, { type Token } from 'markdown-it'

const { escapeHtml } = new MarkdownIt().utils
const LOWEST_HEADING = 6
/** The page has a first, and each message a second heading: the largest of a text is one below, whichever it began with. */
const HIGHEST_HEADING = 3

// No HTML: what a model writes as a tag is shown as text. A line break is one, as people know it from other chats.
const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true })

markdown.use(tex, {
  delimiters: 'all',
  render: (source, isDisplay) => `<span class="tex${isDisplay ? ' display' : ''}">${escapeHtml(source)}</span>`,
})

const levelOf = ({ tag }: Token): number => Number(tag.slice(1))

markdown.core.ruler.push('under_our_policy', ({ tokens }) => {
  const headings = tokens.filter(({ tag }) => /^h[1-6]$/.test(tag))
  const shift = HIGHEST_HEADING - Math.min(...headings.map(levelOf))
  for (const heading of headings) heading.tag = `h${Math.min(LOWEST_HEADING, levelOf(heading) + shift)}`
  for (const token of tokens) {
    // Cells come with a style attribute, which the content security policy refuses.
    const align = /text-align:(\w+)/.exec(String(token.attrGet('style') ?? ''))?.[1]
    if (align) token.attrs = [['class', `align-${align}`]]
  }
})

// A picture from elsewhere would tell that server who reads what and when, and `img-src` refuses it: it becomes a link.
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index]
  const address = String(token?.attrGet('src') ?? '')
  return `<a href="${escapeHtml(address)}">${escapeHtml(token?.content || address)}</a>`
}
markdown.renderer.rules.table_open = () => '<div class="table"><table>'
markdown.renderer.rules.table_close = () => '</table></div>'

const remembered = new Map<string, string[]>()
const MOST_REMEMBERED = 120

function blocksAnew(text: string): string[] {
  const env = {}
  const blocks: string[] = []
  let open: Token[] = []
  let depth = 0
  for (const token of markdown.parse(text, env)) {
    open.push(token)
    depth += token.nesting
    if (depth > 0) continue
    blocks.push(markdown.renderer.render(open, markdown.options, env))
    open = []
  }
  return blocks
}

/**
 * The HTML of each top-level block (not sanitised yet). In blocks, so that an answer that grows changes only its last one.
 * `keep`: remember the result, for texts that are final and may scroll back into view.
 */
export function blocksOf(text: string, keep: boolean): string[] {
  const known = remembered.get(text)
  if (known) return known
  const blocks = blocksAnew(text)
  if (keep) {
    remembered.set(text, blocks)
    const oldest = remembered.keys().next()
    if (remembered.size > MOST_REMEMBERED && !oldest.done) remembered.delete(oldest.value)
  }
  return blocks
}
