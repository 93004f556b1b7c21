import type { Outcome, Stray } from './result'

/** A flood is told by its beginning. */
const STRAYS_AT_MOST = 1_000

/** Where what arrives for one request goes. */
export interface Answers {
  awaits(host: string): boolean
  /** `requestId` is what it answers: a look that was asked again has more than one. */
  settle(host: string, outcome: Outcome, body: Buffer, requestId: string): void
  stray(stray: Stray): void
}

/** Counts the answers to one request: one outcome for each expected host, and whatever else came. */
export class Tracker implements Answers {
  readonly outcomes = new Map<string, Outcome>()
  readonly strays: Stray[] = []
  private readonly waiting: Set<string>
  /** What each host answered, by request. */
  private readonly bodies = new Map<string, Map<string, Buffer>>()
  private finished = false

  constructor(
    expected: readonly string[],
    private readonly onComplete: () => void,
    private readonly onProgress: (settled: number) => void,
    private readonly onLate: (stray: Stray) => void,
  ) {
    this.waiting = new Set(expected)
  }

  get unanswered(): string[] {
    return [...this.waiting]
  }

  awaits(host: string): boolean {
    return this.waiting.has(host)
  }

  settle(host: string, outcome: Outcome, body: Buffer, requestId: string): void {
    if (!this.waiting.has(host)) return this.again(host, body, requestId)
    if (this.finished) {
      this.waiting.delete(host)
      this.bodies.set(host, new Map([[requestId, body]]))
      return this.stray({ kind: 'late', host, detail: 'answered after it had been given up', fails: false })
    }
    this.waiting.delete(host)
    this.bodies.set(host, new Map([[requestId, body]]))
    this.outcomes.set(host, outcome)
    this.onProgress(this.outcomes.size)
    if (this.waiting.size === 0) this.onComplete()
  }

  stray(stray: Stray): void {
    if (this.finished) this.onLate(stray)
    else if (this.strays.length < STRAYS_AT_MOST) this.strays.push(stray)
  }

  /** Whoever is still waited for is silent; what comes from now on is late. */
  finish(waited: number): void {
    this.finished = true
    for (const host of this.waiting) this.outcomes.set(host, { kind: 'silent', waited })
  }

  private again(host: string, body: Buffer, requestId: string): void {
    const answered = this.bodies.get(host)
    if (answered === undefined) {
      const detail = 'answered although it was not asked'
      return this.stray({ kind: 'unexpected', host, detail, fails: true })
    }
    const first = answered.get(requestId)
    if (first === undefined) {
      answered.set(requestId, body)
      const detail = 'answered both when it was asked and when it was asked again'
      return this.stray({ kind: 'duplicate', host, detail, fails: false })
    }
    if (first.equals(body)) {
      return this.stray({ kind: 'duplicate', host, detail: 'answered twice, the same', fails: false })
    }
    const reason = 'answered twice, and not the same'
    if (!this.finished) this.outcomes.set(host, { kind: 'untrusted', reason })
    this.stray({ kind: 'contradiction', host, detail: reason, fails: true })
  }
}

/** Takes down who answers a question that was put to nobody in particular. */
export class Listener implements Answers {
  readonly found = new Set<string>()
  readonly strays: Stray[] = []
  private finished = false

  constructor(
    private readonly onLate: (stray: Stray) => void,
    private readonly onProgress: ((found: number) => void) | undefined,
  ) {}

  awaits(): boolean {
    return false
  }

  settle(host: string, outcome: Outcome): void {
    if (outcome.kind === 'untrusted') {
      return this.stray({ kind: 'unexpected', host, detail: outcome.reason, fails: true })
    }
    if (this.found.has(host)) {
      return this.stray({ kind: 'duplicate', host, detail: 'answered the discovery twice', fails: false })
    }
    if (this.finished) {
      return this.stray({
        kind: 'late',
        host,
        detail: 'answered after the end of the discovery, which should listen for longer',
        fails: true,
      })
    }
    this.found.add(host)
    this.onProgress?.(this.found.size)
  }

  stray(stray: Stray): void {
    if (this.finished) this.onLate(stray)
    else if (this.strays.length < STRAYS_AT_MOST) this.strays.push(stray)
  }

  finish(): void {
    this.finished = true
  }
}
