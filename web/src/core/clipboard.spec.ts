import { afterEach, describe, expect, it, vi } from 'vitest'
import { copyText } from './clipboard'

describe('copyText', () => {
  afterEach(() => vi.unstubAllGlobals())

  const withoutClipboardApi = (answer: boolean) => {
    vi.stubGlobal('navigator', {})
    let selected = ''
    document.execCommand = vi.fn(() => {
      selected = document.querySelector('textarea')?.value ?? ''
      return answer
    })
    return () => selected
  }

  it('copies over plain http, where the Clipboard API is missing, and leaves nothing behind', async () => {
    const selected = withoutClipboardApi(true)
    expect(await copyText('chmod o+x /srv')).toBe(true)
    expect(selected()).toBe('chmod o+x /srv')
    expect(document.querySelector('textarea')).toBeNull()
  })

  it('admits when the browser refused', async () => {
    withoutClipboardApi(false)
    expect(await copyText('x')).toBe(false)
  })
})
