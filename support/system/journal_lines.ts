import { crc32 } from 'node:zlib'

/** The ending of a journal's name. */
export const JOURNAL_SUFFIX = '.journal.ndjson'
/**
 * The version in a journal's first line. It is raised whenever a reader of the version before could misunderstand an
 * entry.
 */
export const JOURNAL_VERSION = 1
/** The type of the line that ends a journal which somebody changed while it was written. */
export const JOURNAL_CHANGED = 'changed by somebody'

/** Formats one line of a journal: eight hexadecimal digits of its checksum, a space, JSON. */
export function journalLine(json: string): string {
  return `${checksum(json)} ${json}\n`
}

/** Returns the JSON of a line without its newline. Undefined when the checksum does not fit. */
export function jsonOfLine(line: string): string | undefined {
  const json = line.slice(9)
  return line.slice(0, 9) === `${checksum(json)} ` ? json : undefined
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0')
}
