import type StringWidth from 'string-width'

/**
 * Counts the columns of a terminal that a text takes. Its colours take none, wide characters two, combining ones none.
 */
export function columnsOf(text: string): number {
  return PLAIN.test(text) ? text.length : loadStringWidth()(text)
}

/** Pads a text with spaces behind it, so that it takes at least so many columns. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}

/** Returns the beginning of a text without colours that takes at most so many columns. */
export function cutColumns(text: string, columns: number): string {
  let [kept, taken] = ['', 0]
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    taken += columnsOf(segment)
    if (taken > columns) break
    kept += segment
  }
  return kept
}

/** ASCII, and the marks of Lockstep's own lines: each takes one column. */
const PLAIN = /^[\x20-\x7e·–—’…÷✔✘○]*$/

/** Loads the library only for a text that needs it, since its tables take 40 ms at every start. */
function loadStringWidth(): typeof StringWidth {
  return (require('string-width') as { default: typeof StringWidth }).default
}
