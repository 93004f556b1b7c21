import { createReadStream } from 'node:fs'
import { openInWords } from './regular_file'

/** A line of a file, and whether a newline is behind it. */
export interface Line {
  text: string
  isEnded: boolean
}

const NEWLINE = 10
const CHUNK = 1024 * 1024

/**
 * Reads the lines of a file one by one. Only the file's last line may have no newline behind it.
 * @throws Error whose message says in words why there are none
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  const { fd } = openInWords(path)
  let rest: Buffer[] = []
  for await (const chunk of createReadStream('', { fd, highWaterMark: CHUNK }) as AsyncIterable<Buffer>) {
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      yield { text: Buffer.concat([...rest, chunk.subarray(from, to)]).toString('utf8'), isEnded: true }
      rest = []
      from = to + 1
    }
    if (from < chunk.length) rest.push(chunk.subarray(from))
  }
  if (rest.length > 0) yield { text: Buffer.concat(rest).toString('utf8'), isEnded: false }
}
