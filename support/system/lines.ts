import { closeSync, createReadStream, readSync } from 'node:fs'
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
  const cutter = new LineCutter()
  for await (const chunk of createReadStream('', { fd, highWaterMark: CHUNK }) as AsyncIterable<Buffer>)
    yield* cutter.cut(chunk)
  yield* cutter.rest()
}

/**
 * Reads the lines of a file one by one, and waits for nothing else meanwhile.
 * @throws Error whose message says in words why there are none
 */
export function* readLinesNow(path: string): Generator<Line> {
  const { fd } = openInWords(path)
  try {
    const cutter = new LineCutter()
    const chunk = Buffer.allocUnsafe(CHUNK)
    for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk))
      yield* cutter.cut(chunk.subarray(0, length), true)
    yield* cutter.rest()
  } finally {
    closeSync(fd)
  }
}

/** A cutter of bytes into lines; a line may come in several pieces. */
export class LineCutter {
  private pieces: Buffer[] = []

  /** Cuts the next bytes. `isReused` says that others will stand in their place. */
  cut(chunk: Buffer, isReused = false): Line[] {
    const lines: Line[] = []
    let from = 0
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      lines.push({ text: this.textWith(chunk.subarray(from, to)), isEnded: true })
      from = to + 1
    }
    const rest = chunk.subarray(from)
    if (rest.length > 0) this.pieces.push(isReused ? Buffer.from(rest) : rest)
    return lines
  }

  /** Returns the last line, where it has no newline behind it. */
  rest(): Line[] {
    return this.pieces.length === 0 ? [] : [{ text: this.textWith(EMPTY), isEnded: false }]
  }

  private textWith(end: Buffer): string {
    const { pieces } = this
    this.pieces = []
    return (pieces.length === 0 ? end : Buffer.concat([...pieces, end])).toString('utf8')
  }
}

const EMPTY = Buffer.alloc(0)
