import { excerpt } from '../../system/redaction'

/** A STOMP frame. Header names are those of the wire; the first of repeated headers is kept, as STOMP asks. */
export interface Frame {
  command: string
  headers: Headers
  body: Buffer
  /** Bytes of a body that was longer than allowed and was passed over, unread. */
  dropped?: number
}

/** Headers without a prototype, so that no header name means anything to JavaScript. */
export type Headers = Record<string, string>

export type StompVersion = '1.0' | '1.1' | '1.2'

export interface FrameLimits {
  /** Bytes of command and headers together. */
  headBytes: number
  headers: number
  bodyBytes: number
}

export const FRAME_LIMITS: FrameLimits = { headBytes: 64 * 1024, headers: 128, bodyBytes: 16 * 1024 * 1024 }

/** The fault of a peer that does not speak STOMP as agreed. The connection that it came over is of no further use. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

export function headers(fields: Record<string, string | undefined>): Headers {
  const made: Headers = Object.create(null)
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) made[name] = value
  return made
}

/** Encodes a frame; `content-length` is always given, since bodies are binary. */
export function encodeFrame(
  command: string,
  fields: Readonly<Record<string, string>>,
  body: Buffer = EMPTY,
  version: StompVersion = '1.2',
): Buffer {
  const raw = version === '1.0' || command === 'CONNECT' || command === 'CONNECTED'
  let head = `${command}\n`
  for (const name in fields) {
    const value = fields[name] ?? ''
    head += raw ? `${name}:${value}\n` : `${escape(name)}:${escape(value)}\n`
  }
  if (body.length > 0 || command === 'SEND' || command === 'MESSAGE')
    head += `content-length:${body.length}\n`
  head += '\n'
  const headLength = Buffer.byteLength(head)
  const bytes = Buffer.allocUnsafe(headLength + body.length + 1)
  bytes.write(head, 0)
  body.copy(bytes, headLength)
  bytes[bytes.length - 1] = 0
  return bytes
}

const EMPTY = Buffer.alloc(0)
const LF = 0x0a
const CR = 0x0d
const NUL = 0

interface Head {
  command: string
  headers: Headers
  headLength: number
  /** Bytes of the body; undefined for one that goes on until the next NUL. */
  bodyLength: number | undefined
}

/** A body that is too long and is passed over. */
interface TooLong {
  head: Head
  passed: number
}

/**
 * A parser that cuts a stream of bytes, in pieces of any size, into frames. Heart-beats are bare newlines and vanish.
 */
export class FrameParser {
  version: StompVersion = '1.0'
  private pending: Buffer[] = []
  private size = 0
  private needed = 1
  private head: Head | undefined
  private tooLong: TooLong | undefined

  constructor(
    private readonly onFrame: (frame: Frame) => void,
    private readonly limits: FrameLimits = FRAME_LIMITS,
  ) {}

  /**
   * Takes the next bytes of the stream.
   * @throws FrameError
   */
  push(chunk: Buffer): void {
    this.pending.push(chunk)
    this.size += chunk.length
    if (!this.canGoOn(chunk)) return
    let bytes = this.pending.length === 1 ? chunk : Buffer.concat(this.pending)
    for (;;) {
      const rest = this.step(bytes)
      if (rest === undefined) break
      bytes = rest
    }
    this.pending = bytes.length > 0 ? [bytes] : []
    this.size = bytes.length
    if (this.tooLong !== undefined) {
      this.pending = []
      this.size = 0
    }
  }

  /** Returns the number of bytes that wait for the rest of their frame. */
  get keptBytes(): number {
    return this.size
  }

  /** Returns whether the stream could end here without cutting a frame in two. */
  get betweenFrames(): boolean {
    return this.keptBytes === 0 && this.head === undefined && this.tooLong === undefined
  }

  private canGoOn(chunk: Buffer): boolean {
    const { head } = this
    if (this.tooLong !== undefined) return true
    if (this.size < this.needed) return false
    if (head === undefined || head.bodyLength !== undefined) return true
    // A body without a length is put together once, and not again with every piece of it.
    return chunk.includes(NUL) || this.size - head.headLength > this.limits.bodyBytes
  }

  /** Takes one item off the front of `bytes`; undefined when more bytes are needed first. */
  private step(bytes: Buffer): Buffer | undefined {
    if (this.tooLong !== undefined) return this.skip(bytes, this.tooLong)
    if (this.head === undefined) {
      const start = firstByteOfFrame(bytes)
      if (start === bytes.length) return this.wait(bytes, start)
      if (start > 0) return bytes.subarray(start)
      const end = endOfHead(bytes)
      if (end === -1) {
        if (bytes.length > this.limits.headBytes)
          throw new FrameError(`a frame head of over ${this.limits.headBytes} bytes`)
        this.needed = bytes.length + 1
        return undefined
      }
      if (end > this.limits.headBytes)
        throw new FrameError(`a frame head of over ${this.limits.headBytes} bytes`)
      this.head = this.parseHead(bytes, end)
    }
    return this.body(bytes, this.head)
  }

  private wait(bytes: Buffer, start: number): Buffer | undefined {
    this.needed = 1
    return start === 0 ? undefined : bytes.subarray(start)
  }

  private body(bytes: Buffer, head: Head): Buffer | undefined {
    const { bodyLength, headLength } = head
    const nul = bodyLength === undefined ? bytes.indexOf(NUL, headLength) : headLength + bodyLength
    const end = nul === -1 ? bytes.length : nul
    if (end - headLength > this.limits.bodyBytes) {
      this.tooLong = { head, passed: 0 }
      this.head = undefined
      return bytes.subarray(headLength)
    }
    if (bytes.length <= end) {
      this.needed = end + 1
      return undefined
    }
    if (bytes[end] !== NUL) throw new FrameError('a body that does not end where its content-length says')
    return this.emit(bytes, head, end)
  }

  private emit(bytes: Buffer, head: Head, end: number): Buffer {
    this.head = undefined
    this.needed = 1
    this.onFrame({ command: head.command, headers: head.headers, body: bytes.subarray(head.headLength, end) })
    return bytes.subarray(end + 1)
  }

  private skip(bytes: Buffer, tooLong: TooLong): Buffer | undefined {
    const { command, headers, bodyLength } = tooLong.head
    const end = bodyLength === undefined ? bytes.indexOf(NUL) : bodyLength - tooLong.passed
    if (end === -1 || end >= bytes.length) {
      tooLong.passed += bytes.length
      return undefined
    }
    if (bytes[end] !== NUL) throw new FrameError('a body that does not end where its content-length says')
    this.tooLong = undefined
    this.needed = 1
    this.onFrame({ command, headers, body: EMPTY, dropped: tooLong.passed + end })
    return bytes.subarray(end + 1)
  }

  private parseHead(bytes: Buffer, end: number): Head {
    const [command = '', ...lines] = bytes.toString('utf8', 0, end).split('\n').map(withoutCarriageReturn)
    while (lines.at(-1) === '') lines.pop()
    if (!/^[A-Z]{1,20}$/.test(command))
      throw new FrameError(`a frame that begins with ${JSON.stringify(excerpt(command, 40))}`)
    if (lines.length > this.limits.headers)
      throw new FrameError(`a frame with more than ${this.limits.headers} headers`)
    const raw =
      this.version === '1.0' || command === 'CONNECT' || command === 'CONNECTED' || command === 'STOMP'
    const found: Headers = Object.create(null)
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (colon < 1) throw new FrameError(`a header without a name: ${JSON.stringify(excerpt(line, 40))}`)
      const name = raw ? line.slice(0, colon) : this.unescape(line.slice(0, colon))
      if (name in found) continue
      found[name] = raw ? line.slice(colon + 1) : this.unescape(line.slice(colon + 1))
    }
    return { command, headers: found, headLength: end, bodyLength: contentLength(found) }
  }

  private unescape(text: string): string {
    if (!text.includes('\\')) return text
    return text.replace(/\\(.?)/gs, (whole, letter: string) => {
      if (letter === 'n') return '\n'
      if (letter === 'c') return ':'
      if (letter === '\\') return '\\'
      if (letter === 'r' && this.version === '1.2') return '\r'
      throw new FrameError(`an unknown escape ${JSON.stringify(whole)} in a header`)
    })
  }
}

function contentLength(found: Headers): number | undefined {
  const written = found['content-length']
  if (written === undefined) return undefined
  const length = /^\d{1,15}$/.test(written.trim()) ? Number(written) : NaN
  if (!Number.isSafeInteger(length))
    throw new FrameError(`a content-length of ${JSON.stringify(excerpt(written, 40))}`)
  return length
}

function firstByteOfFrame(bytes: Buffer): number {
  let at = 0
  while (at < bytes.length && (bytes[at] === LF || bytes[at] === CR)) at += 1
  return at
}

/** Returns the index after the blank line that ends the head, or -1. */
function endOfHead(bytes: Buffer): number {
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3
  }
  return -1
}

function withoutCarriageReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

function escape(text: string): string {
  if (!/[\\\r\n:]/.test(text)) return text
  return text.replaceAll('\\', '\\\\').replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll(':', '\\c')
}
