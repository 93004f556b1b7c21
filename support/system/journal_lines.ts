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

/** The checksum that stands before the first line. */
export const NO_LINE = 0

/** Lines of a journal, and the checksum of the last one, from which the next line goes on. */
export interface ChainedLines {
  text: string
  last: number
}

/**
 * Formats lines of a journal. Each is eight hexadecimal digits of a checksum, a space, JSON. A checksum covers its line
 * and the checksum before it: a line that is taken out, added or moved shows in the line behind it.
 */
export function chainLines(jsons: readonly string[], before: number): ChainedLines {
  let last = before
  const lines = jsons.map((json) => {
    last = crc32(json, last)
    return `${formatChecksum(last)} ${json}\n`
  })
  return { text: lines.join(''), last }
}

/** Parses a line without its newline. Undefined when its checksum does not fit behind the one before it. */
export function parseLine(line: string, before: number): { json: string; last: number } | undefined {
  const json = line.slice(9)
  const last = crc32(json, before)
  return line.slice(0, 9) === `${formatChecksum(last)} ` ? { json, last } : undefined
}

function formatChecksum(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}
