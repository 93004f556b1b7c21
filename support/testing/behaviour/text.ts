/** Returns a text in one line, with one space between words, however its lines were wrapped. */
export function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** Returns a text without its spaces and ends of lines, so that no wrapped line hides what is in it. */
export function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, '')
}
