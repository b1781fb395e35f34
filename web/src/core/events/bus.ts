import type { ServerEvent } from './feed'

type Handler = (data: unknown) => void

const handlers = new Map<string, Set<Handler>>()

/** Calls the handler with the data of each event of this name; call the returned function to stop. */
export function onServerEvent(name: string, handler: Handler): () => void {
  const own = handlers.get(name) ?? new Set()
  handlers.set(name, own.add(handler))
  return () => own.delete(handler)
}

/** One handler that fails must not keep the event from the others. */
export function deliver({ name, data }: ServerEvent): void {
  for (const handler of handlers.get(name) ?? []) {
    try {
      handler(data)
    } catch (error) {
      reportError(error)
    }
  }
}
