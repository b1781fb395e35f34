const MOST = 120

/** What a picture is called: the beginning of its prompt, cut between words where there are any. */
export function altOf(prompt: string): string {
  const text = prompt.replace(/\s+/g, ' ').trim()
  if (text.length <= MOST) return text
  const cut = text.slice(0, MOST)
  const space = cut.lastIndexOf(' ')
  return `${space > MOST / 2 ? cut.slice(0, space) : cut}…`
}
