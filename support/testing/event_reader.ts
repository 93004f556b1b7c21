/** An event of a stream of events, as a browser would have it. */
export interface HeardEvent {
  event: string
  id: string
  data: string
}

/** A reader of server-sent events that keeps the parts of a page as the script of the console does. */
export class EventReader {
  readonly parts = new Map<string, string>()
  readonly heard: HeardEvent[] = []
  comments = 0
  isOver = false
  /** The stream has ended, by itself or by an error. */
  isClosed = false
  private rest = ''
  private reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  private readonly decoder = new TextDecoder()

  constructor(public place: string) {}

  /** Reads a stream to its end; it resolves then. */
  async follow(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader()
    this.reader = reader
    this.rest = ''
    this.isClosed = false
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        if (this.reader === reader) this.take(this.decoder.decode(value, { stream: true }))
      }
    } catch {
      // The stream was cut.
    }
    this.isClosed = true
  }

  /** Goes away in mid-stream. */
  async leave(): Promise<void> {
    const reader = this.reader
    this.reader = undefined
    await reader?.cancel()
  }

  private take(text: string): void {
    const blocks = (this.rest + text).split('\n\n')
    this.rest = blocks.pop() ?? ''
    for (const block of blocks) this.hear(block)
  }

  private hear(block: string): void {
    const fields = new Map<string, string>()
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) this.comments += 1
      const [, name = '', value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? []
      if (name !== '') fields.set(name, value)
    }
    const data = fields.get('data')
    if (data === undefined) return
    const event = { event: fields.get('event') ?? 'message', id: fields.get('id') ?? '', data }
    this.heard.push(event)
    if (event.id !== '') this.place = event.id
    if (event.event === 'end') this.isOver = true
    if (event.event === 'parts') this.apply(data)
  }

  private apply(data: string): void {
    const { parts, order } = JSON.parse(data) as { parts: [string, string][]; order?: string[] }
    if (order !== undefined) {
      const known = new Map(this.parts)
      this.parts.clear()
      for (const key of order) this.parts.set(key, known.get(key) ?? '')
    }
    for (const [key, html] of parts) if (this.parts.has(key)) this.parts.set(key, html)
  }
}
