/** An answer while it comes, put together from the events of its job. */
export interface LiveAnswer {
  text: string
  thinking: string
  tokensPerSecond: number | null
  /** Others that are answered before this one; null once it has begun. */
  placeInLine: number | null
  stopping: boolean
}

export interface Delta {
  text?: string | null
  thinking?: string | null
}

export interface Usage {
  prompt: number | null
  completion: number | null
  tokens_per_second: number | null
}

export const noAnswer = (): LiveAnswer => ({ text: '', thinking: '', tokensPerSecond: null, placeInLine: null, stopping: false })

/** What an event of the job changes; events of other names change nothing. */
export function applyEvent(answer: LiveAnswer, name: string, data: unknown): LiveAnswer {
  if (name === 'reset') return { ...answer, text: '', thinking: '', tokensPerSecond: null }
  if (name === 'delta') {
    const { text, thinking } = data as Delta
    return { ...answer, placeInLine: null, text: answer.text + (text ?? ''), thinking: answer.thinking + (thinking ?? '') }
  }
  if (name === 'usage') return { ...answer, tokensPerSecond: (data as Usage).tokens_per_second }
  return answer
}

/**
 * What to show of a text that is stored as it grows and streamed as well. After a reload the stream is read again from its
 * start: until it has caught up, the stored part is shown instead of a text that shrinks and grows.
 */
export function furthest(stored: string, streamed: string): string {
  return stored.startsWith(streamed) ? stored : streamed
}
