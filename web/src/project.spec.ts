import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const sources = import.meta.glob<string>('./**/*.vue', { query: '?raw', import: 'default', eager: true })

describe('the sources', () => {
  it('are all read', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(20)
  })

  it.each(Object.keys(sources))('%s runs under the strict content security policy', (file) => {
    const template = sources[file]?.split('<template>').slice(1).join('<template>') ?? ''
    expect(template).not.toMatch(/\bv-html\b/)
    // A static style attribute may reach the page as HTML text, where `style-src 'self'` refuses it; bindings do not.
    expect(template).not.toMatch(/[^:-]\bstyle="/)
  })
})

describe('the lock file', () => {
  const lock = readFileSync('package-lock.json', 'utf8')

  it('records no address of a package registry', () => {
    const addresses = lock.split('\n').filter((line) => /"resolved"|https?:\/\//.test(line))
    expect(addresses, 'run `npm run lock`').toEqual([])
  })
})
