import { hash } from 'node:crypto'
import { UnexpectedMessages } from '../../system/unexpected_messages'
import { someOf, type Tally } from '../../system/wait'
import type { EnoughHosts, Outcome, UnexpectedReply } from './result'

/** The destination of the messages that arrive for one request. */
export interface Answers {
  awaits(host: string): boolean
  /** Settles a host. `requestId` is the request that `body` answers: a repeated look has several. */
  settle(host: string, outcome: Outcome, body: Buffer, requestId: string): void
  message(message: UnexpectedReply): void
  /** The number of answers that are kept for comparison with later ones. */
  readonly remembered: number
}

/** The count of the answers to one request: one outcome for each expected host, and every other message. */
export class Tracker implements Answers {
  private settled = new Map<string, Outcome>()
  /** The number of settled hosts whose outcome is no answer that counts. */
  private failed = 0
  private readonly waiting: Set<string>
  private readonly messages = new UnexpectedMessages<UnexpectedReply>((host) => this.isAsked(host))
  /** Digests of answers by host; for answers to a repeated look by request and host. */
  private readonly digests = new Map<string, string>()
  private finished = false

  constructor(
    expected: readonly string[],
    /** The id of the first request to the hosts. */
    private readonly requestId: string,
    private onComplete: () => void,
    private readonly onLate: (message: UnexpectedReply) => void,
    private onAnswer: () => void = noop,
  ) {
    this.waiting = new Set(expected)
  }

  get unanswered(): string[] {
    return [...this.waiting]
  }

  get outcomes(): ReadonlyMap<string, Outcome> {
    return this.settled
  }

  get unexpected(): UnexpectedReply[] {
    return this.messages.all
  }

  /** Counts the hosts by now; it looks at no answer again. */
  tally(): Tally {
    const { settled, failed, waiting } = this
    const expected = settled.size + waiting.size
    return { done: settled.size - failed, failed, expected, someMissing: someOf(waiting) }
  }

  /** The number of answers that the tracker knows again. */
  get remembered(): number {
    return this.digests.size
  }

  awaits(host: string): boolean {
    return this.waiting.has(host)
  }

  settle(host: string, outcome: Outcome, body: Buffer, requestId: string): void {
    if (!this.waiting.has(host)) return this.heardAgain(host, body, requestId)
    this.waiting.delete(host)
    this.remember(host, requestId, digestOf(body))
    if (this.finished)
      return this.message({ kind: 'late', host, detail: 'answered after it had been given up', fails: false })
    this.settled.set(host, outcome)
    this.onAnswer()
    if (outcome.kind !== 'answered') this.failed += 1
    if (this.waiting.size === 0) this.onComplete()
  }

  message(message: UnexpectedReply): void {
    if (this.finished) this.onLate(message)
    else this.messages.add(message)
  }

  /**
   * Settles every host that has not answered as silent; a message from now on is late. Returns one outcome for each
   * host that has answered or is silent. Only digests of the answers are kept, and no reference to the caller.
   */
  finish(waited: number): { outcomes: Map<string, Outcome>; unexpected: UnexpectedReply[] } {
    this.finished = true
    // A function keeps alive all that was in scope when it was made: the hosts and the answers of the whole call.
    this.onComplete = noop
    this.onAnswer = noop
    const outcomes = this.settled
    this.settled = new Map()
    for (const host of this.waiting) outcomes.set(host, { kind: 'silent', waited })
    return { outcomes, unexpected: this.messages.take() }
  }

  private heardAgain(host: string, body: Buffer, requestId: string): void {
    if (!this.isAsked(host)) {
      const detail = 'answered although it was not asked'
      return this.message({ kind: 'unexpected', host, detail, fails: true })
    }
    const digest = digestOf(body)
    const before = this.digestOf(host, requestId)
    if (before === undefined) {
      this.remember(host, requestId, digest)
      const detail = 'answered both when it was asked and when it was asked again'
      return this.message({ kind: 'duplicate', host, detail, fails: false })
    }
    if (before === digest)
      return this.message({ kind: 'duplicate', host, detail: 'answered twice, the same', fails: false })
    const reason = 'answered twice, and not the same'
    if (!this.finished) {
      if (this.settled.get(host)?.kind === 'answered') this.failed += 1
      this.settled.set(host, { kind: 'untrusted', reason })
    }
    this.message({ kind: 'contradiction', host, detail: reason, fails: true })
  }

  private isAsked(host: string): boolean {
    return this.waiting.has(host) || this.digests.has(host)
  }

  private remember(host: string, requestId: string, digest: string): void {
    if (!this.digests.has(host)) this.digests.set(host, NOT_ANSWERED)
    this.digests.set(this.keyOf(host, requestId), digest)
  }

  private digestOf(host: string, requestId: string): string | undefined {
    const digest = this.digests.get(this.keyOf(host, requestId))
    return digest === NOT_ANSWERED ? undefined : digest
  }

  private keyOf(host: string, requestId: string): string {
    return requestId === this.requestId ? host : `${requestId} ${host}`
  }
}

const noop = () => {}

/** The digest of a host that has answered only a repeated request. */
const NOT_ANSWERED = ''

function digestOf(body: Buffer): string {
  return hash('sha256', body, 'base64')
}

/**
 * The hosts that answer a question to no host in particular. It ends with its window, or once enough hosts have
 * answered. A message between its end and that of its window is told at once. A message after that is late.
 */
export class Listener implements Answers {
  readonly found = new Set<string>()
  /** Resolves once enough hosts have answered; never where no host is enough. */
  readonly haveAllAnswered: Promise<void>
  private readonly messages = new UnexpectedMessages<UnexpectedReply>((host) => this.found.has(host))
  private readonly missing: Set<string>
  private onComplete = noop
  private hasEnded = false
  private hasClosed = false

  constructor(
    private readonly onLate: (message: UnexpectedReply) => void,
    private enough?: EnoughHosts,
  ) {
    this.missing = new Set(enough?.hosts)
    this.haveAllAnswered = new Promise((resolve) => (this.onComplete = resolve))
  }

  awaits(): boolean {
    return false
  }

  /** Counts the hosts by now. Where it is known who has to answer, no other host is counted. */
  tally(): Tally {
    const expected = this.enough?.hosts.length
    const done = expected === undefined ? this.found.size : expected - this.missing.size
    return { done, failed: 0, expected, someMissing: someOf(this.missing) }
  }

  settle(host: string, outcome: Outcome): void {
    if (outcome.kind === 'untrusted') {
      return this.message({ kind: 'unexpected', host, detail: outcome.reason, fails: true })
    }
    if (this.found.has(host)) {
      return this.message({ kind: 'duplicate', host, detail: 'answered the discovery twice', fails: false })
    }
    if (this.hasClosed) {
      return this.message({
        kind: 'late',
        host,
        detail: 'answered after the end of the discovery, which should listen for longer',
        fails: true,
      })
    }
    this.found.add(host)
    if (this.hasEnded) return this.enough?.onLater(host)
    if (this.missing.delete(host) && this.missing.size === 0) this.onComplete()
  }

  message(message: UnexpectedReply): void {
    if (this.hasClosed) this.onLate(message)
    else if (this.hasEnded) this.enough?.onUnexpected(message)
    else this.messages.add(message)
  }

  get remembered(): number {
    return this.found.size
  }

  /** True once the window is over. */
  get isClosed(): boolean {
    return this.hasClosed
  }

  /** Ends the discovery, and returns the messages until now. Its window may go on. */
  end(): UnexpectedReply[] {
    this.hasEnded = true
    this.onComplete = noop
    return this.messages.take()
  }

  /** Ends the window. Each message from now on is late. No reference to the caller is kept. */
  close(): void {
    this.hasClosed = true
    this.onComplete = noop
    this.enough = undefined
  }
}
