/** A message as it travels over NATS: Choria's `choria:transport:1`. */
export interface TransportFrame {
  /** The secure request or reply. */
  data: Buffer
  /** The sender by its own words. */
  sender?: string
  replyTo?: string
}

/** The most bytes of a frame that are read. Base64 makes of three bytes four. */
const MAX_FRAME = 12 * 1024 * 1024
const PROTOCOL = 'choria:transport:1'

/**
 * Returns what writes frames of the same bytes to many hosts. Only the subject of the reply is another one each time.
 */
export function frameWriter(data: Buffer, sender: string): (replyTo?: string) => Buffer {
  const head = Buffer.from(
    `{"protocol":"${PROTOCOL}","data":"${data.toString('base64')}","headers":{"mc_sender":${JSON.stringify(sender)}`,
  )
  return (replyTo) =>
    Buffer.concat([
      head,
      Buffer.from(replyTo === undefined ? '}}' : `,"reply-to":${JSON.stringify(replyTo)}}}`),
    ])
}

/** Returns the most bytes of data in a frame without a reply of so many bytes. */
export function longestData(frameBytes: number, sender: string): number {
  return Math.floor((frameBytes - frameWriter(Buffer.alloc(0), sender)().length) / 4) * 3
}

/** Reads a frame. Returns why where it cannot be read; `dropped` is the size of one that is too long. */
export function readFrame(bytes: Uint8Array): TransportFrame | { fault: string; dropped?: number } {
  if (bytes.length > MAX_FRAME) return { fault: `${bytes.length} bytes`, dropped: bytes.length }
  let read: unknown
  try {
    read = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
  } catch {
    return { fault: 'no JSON' }
  }
  const { protocol, data, headers } = fields(read)
  if (protocol !== PROTOCOL) return { fault: `no message of ${PROTOCOL}` }
  if (typeof data !== 'string') return { fault: 'a message without data' }
  const { mc_sender: sender, 'reply-to': replyTo } = fields(headers)
  return {
    data: Buffer.from(data, 'base64'),
    ...(typeof sender === 'string' ? { sender } : {}),
    ...(typeof replyTo === 'string' ? { replyTo } : {}),
  }
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
