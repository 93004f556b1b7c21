import type { Discovered, EnoughHosts } from '../rollout/ports'
import type { UnexpectedMessage } from '../system/unexpected_messages'

/** A discovery without a wire. Hosts answer it, and its window ends, when a test says so. */
export class FakeDiscovery {
  readonly ended: Promise<Discovered>
  private readonly found = new Set<string>()
  private readonly unexpected: UnexpectedMessage[] = []
  private readonly missing: Set<string>
  private end: (found: Discovered) => void = () => {}
  private closeWindow: () => void = () => {}
  private hasEnded = false
  private isClosed = false

  constructor(
    private readonly onFound: (found: number) => void,
    private readonly enough: EnoughHosts | undefined,
  ) {
    this.missing = new Set(enough?.hosts)
    this.ended = new Promise((resolve) => (this.end = resolve))
  }

  answer(host: string): void {
    if (this.isClosed || this.found.has(host)) return
    this.found.add(host)
    if (this.hasEnded) return this.enough?.onLater(host)
    this.onFound(this.found.size)
    if (!this.missing.delete(host) || this.missing.size > 0) return
    this.finish({ window: new Promise((resolve) => (this.closeWindow = resolve)) })
  }

  tell(message: UnexpectedMessage): void {
    if (this.isClosed) return
    if (this.hasEnded) this.enough?.onUnexpected(message)
    else this.unexpected.push(message)
  }

  endWindow(): void {
    this.isClosed = true
    this.closeWindow()
    if (!this.hasEnded) this.finish({})
  }

  private finish(rest: Pick<Discovered, 'window'>): void {
    this.hasEnded = true
    this.end({ hosts: [...this.found].sort(), unexpected: this.unexpected, ...rest })
  }
}
