/**
 * Runs `task` while no other tab of this origin does. The refresh cookie is shared by all tabs and rotates with each use,
 * so two tabs that refresh at the same moment would look like a stolen cookie to the server.
 * Plain http on an address other than localhost has no Web Locks; there the server's grace for the last cookie has to do.
 */
export function withTabLock<T>(name: string, task: () => Promise<T>): Promise<T> {
  const locks = navigator.locks as LockManager | null | undefined
  return locks ? (locks.request(name, task) as Promise<T>) : task()
}
