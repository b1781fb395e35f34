import { get, post } from '@/core/http/client'
import type { ChatModels } from './types'

/** Asks every provider, which may take as long as the slowest of them. */
const TIMEOUT_MS = 30_000

export const listModels = (): Promise<ChatModels> => get('/api/v1/chat-models', { quiet: true, timeout: TIMEOUT_MS })

/** The job that fetches the model to its server. */
export async function pullModel(provider_id: number, model: string): Promise<number> {
  return (await post('/api/v1/chat-models/pull', { provider_id, model }, { quiet: true })).id
}
