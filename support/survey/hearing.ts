import type { Connector } from '../connectors/connector'
import { Refusal } from '../protocol/refusal'
import type { ClientSecurity } from '../protocol/security/security'
import type { Clock } from '../system/clock'

/** The first words of a host. It is a claim: nothing proves the sender yet. */
export interface Heard {
  /** Milliseconds from the question to this answer. */
  ms: number
  /** Seconds by which the clock of the host is ahead of this one; negative where it is behind. */
  aheadS: number
  /** The reason why the answer cannot be believed; undefined where it can. */
  refusal: string | undefined
}

/** Notes when each host's first answer comes, and what its clock says then. The client decides what an answer is worth. */
export class Hearing {
  readonly heard = new Map<string, Heard>()
  private askedAt: number

  constructor(
    connector: Pick<Connector, 'listen'>,
    private readonly security: Pick<ClientSecurity, 'peekReply' | 'openReply'>,
    private readonly clock: Clock,
  ) {
    this.askedAt = clock.elapsed()
    connector.listen({ message: ({ body }) => this.hear(body), lost: () => {}, restored: () => {} })
  }

  /** Begins another question. */
  ask(): void {
    this.askedAt = this.clock.elapsed()
  }

  private hear(body: Buffer): void {
    const ms = this.clock.elapsed() - this.askedAt
    try {
      const envelope = this.security.peekReply(body)
      const { senderid: host, msgtime } = envelope
      const known = this.heard.get(host)
      if (known !== undefined && known.refusal === undefined) return
      const aheadS = msgtime - Math.floor(this.clock.now() / 1000)
      this.heard.set(host, { ms, aheadS, refusal: this.refusalOf(envelope) })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }

  private refusalOf(envelope: Parameters<ClientSecurity['openReply']>[0]): string | undefined {
    try {
      this.security.openReply(envelope)
      return undefined
    } catch (error) {
      if (error instanceof Refusal) return error.message
      throw error
    }
  }
}
