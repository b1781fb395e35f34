import { fillPath, http } from './client'

/** A byte order mark tells Excel that the file is UTF-8; the browser takes it off while reading. */
const BOM = '\ufeff'

export function saveText(text: string, name: string, type = 'text/csv'): void {
  saveBlob(new Blob([BOM, text], { type: `${type};charset=utf-8` }), name)
}

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

/** Fetches a CSV with the bearer header, which a mere link could not send, and saves it. */
export async function saveCsv(path: string, params: Record<string, unknown>, name: string): Promise<void> {
  const { data } = await http.get<unknown>(fillPath(path), { params, timeout: 120_000, quiet: true })
  saveText(String(data), name)
}
