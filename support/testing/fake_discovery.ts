import type { Discovered, EnoughHosts } from '../rollout/ports'
import type { UnexpectedMessage } from '../system/unexpected_messages'
import { someOf, type TellWait } from '../system/wait'

/** A discovery without a wire. Hosts answer it, and its window ends, when a test says so. */
export class FakeDiscovery {
  readonly ended: Promise<Discovered>
  private readonly found = new Set<string>()
  private readonly unexpected: UnexpectedMessage[] = []
  private readonly missing: Set<string>
  private end: (found: Discovered) => void = () => {}
  private closeWindow: () => void = () => {}
  private readonly endWait: () => void
  private hasEnded = false
  private isClosed = false

  constructor(
    tellWait: TellWait,
    private readonly enough: EnoughHosts | undefined,
  ) {
    this.missing = new Set(enough?.hosts)
    this.endWait = tellWait({ tally: () => this.tally() })
    this.ended = new Promise((resolve) => (this.end = resolve))
  }

  answer(host: string): void {
    if (this.isClosed || this.found.has(host)) return
    this.found.add(host)
    if (this.hasEnded) return this.enough?.onLater(host)
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

  private tally() {
    const expected = this.enough?.hosts.length
    const done = expected === undefined ? this.found.size : expected - this.missing.size
    return { done, failed: 0, expected, someMissing: someOf(this.missing) }
  }

  private finish(rest: Pick<Discovered, 'window'>): void {
    this.hasEnded = true
    this.endWait()
    this.end({ hosts: [...this.found].sort(), unexpected: this.unexpected, ...rest })
  }
}
