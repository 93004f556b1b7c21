/** GitHub's own limit; no other sender makes longer ones. */
export const MAX_BODY_BYTES = 25 * 1024 * 1024
/** The most bytes of all bodies that are read at a time. */
export const MAX_BYTES_UNDER_WAY = 64 * 1024 * 1024

export type Body = { bytes: Buffer } | { refused: 'too long' | 'too many' | 'cut off' }

/** The bytes that a request sends, as the web has them; null where it has none. */
type Incoming = Pick<Request, 'body'> & { headers: Pick<Headers, 'get'> }

interface UnderWay {
  bytes: number
  /** Lets go of the bytes; undefined once the body is whole, and in use. */
  giveWay: (() => void) | undefined
}

/**
 * The bodies that are read at this moment, within a bound on all of them. Where it is reached, the longest gives way: a
 * push is short, and many slow and long bodies of a stranger keep none out.
 */
export class Bodies {
  private readonly underWay = new Set<UnderWay>()
  private total = 0

  constructor(private readonly most = MAX_BYTES_UNDER_WAY) {}

  /** Bytes that are in memory now. */
  get bytes(): number {
    return this.total
  }

  /** Reads a body once and whole, and hands it over. Its bytes count until `use` is done with them. */
  async with<T>(incoming: Incoming, use: (body: Body) => Promise<T>): Promise<T> {
    if (Number(incoming.headers.get('content-length') ?? 0) > MAX_BODY_BYTES)
      return use({ refused: 'too long' })
    const own: UnderWay = { bytes: 0, giveWay: undefined }
    this.underWay.add(own)
    try {
      return await use(await this.read(incoming.body, own))
    } finally {
      this.underWay.delete(own)
      this.total -= own.bytes
    }
  }

  private async read(stream: Incoming['body'], own: UnderWay): Promise<Body> {
    const reader = stream?.getReader()
    if (reader === undefined) return { bytes: Buffer.alloc(0) }
    const chunks: Uint8Array[] = []
    let isInTheWay = false
    const stop = (refused: 'too long' | 'too many') => {
      chunks.length = 0
      this.total -= own.bytes
      own.bytes = 0
      // The rest of the body is thrown away as it comes.
      void reader.cancel().catch(() => {})
      return { refused }
    }
    own.giveWay = () => {
      isInTheWay = true
      stop('too many')
    }
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (isInTheWay) return { refused: 'too many' }
        if (done) return { bytes: Buffer.concat(chunks) }
        if (own.bytes + value.length > MAX_BODY_BYTES) return stop('too long')
        chunks.push(value)
        own.bytes += value.length
        this.total += value.length
        this.makeRoom()
        // Making room may have been at the cost of this one.
        if (own.bytes === 0) return { refused: 'too many' }
      }
    } catch {
      return { refused: isInTheWay ? 'too many' : 'cut off' }
    } finally {
      own.giveWay = undefined
    }
  }

  private makeRoom(): void {
    while (this.total > this.most) {
      const read = [...this.underWay].filter(({ bytes, giveWay }) => bytes > 0 && giveWay !== undefined)
      const [longest] = read.sort((a, b) => b.bytes - a.bytes)
      if (longest === undefined) return
      longest.giveWay?.()
    }
  }
}
