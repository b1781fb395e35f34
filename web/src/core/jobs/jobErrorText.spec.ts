import { beforeAll, describe, expect, it } from 'vitest'
import { useLocale } from '@/core/i18n/i18n'
import { jobErrorText, jobErrorWords } from './jobErrorText'

const failure = (code: string, details: Record<string, unknown> | null = null, message = 'theirs') => ({ code, message, details })

describe('why a job failed', () => {
  beforeAll(() => useLocale('en'))

  it('is said in the reader’s words, with what to do', () => {
    expect(jobErrorWords(failure('content_refused')).what).toBe('The service refuses to draw this.')
    expect(jobErrorText(failure('content_refused'))).toContain('Change the words')
  })

  it('names the time after which another try is accepted', () => {
    expect(jobErrorWords(failure('provider_limited', { retry_after: 6.2 })).advice).toBe('It accepts another try in 7 s.')
    expect(jobErrorWords(failure('provider_limited', { retry_after: 'soon' })).advice).toContain('Wait a minute')
  })

  it('is what the server said where the code is not known', () => {
    expect(jobErrorWords(failure('brand_new')).what).toBe('theirs')
    expect(jobErrorWords(failure('brand_new', null, '')).what).toContain('brand_new')
  })
})
