export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  // The browser has begun to read by then; at once would be too early in some.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
