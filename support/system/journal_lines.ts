import { crc32 } from 'node:zlib'

/** What the name of a journal ends with. */
export const JOURNAL_SUFFIX = '.journal.ndjson'
/** Said in a journal's first line. Raised whenever a reader of the version before could misunderstand an entry. */
export const JOURNAL_VERSION = 1
/** The type of the line that ends a journal which somebody changed while it was written. */
export const JOURNAL_CHANGED = 'changed by somebody'

/** One line of a journal: eight hexadecimal digits of its checksum, a space, JSON. */
export function journalLine(json: string): string {
  return `${checksum(json)} ${json}\n`
}

/** The JSON of a line without its newline. Undefined when the checksum does not fit. */
export function jsonOfLine(line: string): string | undefined {
  const json = line.slice(9)
  return line.slice(0, 9) === `${checksum(json)} ` ? json : undefined
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0')
}
