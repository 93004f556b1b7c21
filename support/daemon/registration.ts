import { randomBytes } from 'node:crypto'
import type { Address } from '../connectors/connector'
import { NO_FILTER } from '../protocol/filter'
import type { ClientSecurity } from '../protocol/security/security'
import { symbolHash } from '../protocol/marshal/values'
import { pause, type Clock } from '../system/clock'

export interface RegistrationOptions {
  /** Seconds between two registrations. */
  every: number
  /** True when the first registration waits for a part of `every`, so that many hosts do not register at once. */
  splay: boolean
  collective: string
  identity: string
  security: Pick<ClientSecurity, 'sealRequest'>
  agents: () => readonly string[]
  /** Returns the names of the host's checks; undefined where only its agents are told, as Ruby's daemon does. */
  checks?: (() => Promise<readonly string[]> | readonly string[]) | undefined
  clock: Clock
  random: () => number
  send: (to: Address, ttl: number, body: Buffer) => Promise<void>
  onTrouble: (what: string) => void
}

const TTL = 60

/**
 * The registration of this host: it sends the host's agents, and its checks where it is told to, to the agent `registration`, wherever that runs, again and
 * again.
 */
export class Registration {
  private readonly ended = new AbortController()

  constructor(private readonly options: RegistrationOptions) {}

  /** Registers again and again; resolves when it is stopped. */
  async run(): Promise<void> {
    const { every, splay, random } = this.options
    let delay = splay ? random() * every : 0
    while (await this.hasWaited(delay)) {
      delay = every
      await this.register()
    }
  }

  stop(): void {
    this.ended.abort()
  }

  private async register(): Promise<void> {
    const { identity, collective, security, agents, checks, clock, send, onTrouble } = this.options
    const told = await checks?.()
    const body = security.sealRequest({
      senderid: identity,
      requestid: randomBytes(16).toString('hex'),
      filter: { ...NO_FILTER, agents: ['registration'] },
      collective,
      agent: 'registration',
      ttl: TTL,
      msgtime: Math.floor(clock.now() / 1000),
      message:
        told === undefined
          ? [...agents()]
          : // The sender above is not signed by every provider, and this is.
            symbolHash({ host: identity, agentlist: [...agents()], checks: [...told] }),
    })
    await send({ collective, agent: 'registration' }, TTL, body).catch((error: unknown) =>
      onTrouble(`the host could not register: ${(error as Error).message}`),
    )
  }

  /** Returns true after the wait, and false when it was stopped meanwhile. */
  private async hasWaited(seconds: number): Promise<boolean> {
    try {
      await pause(this.options.clock, seconds * 1000, this.ended.signal)
      return true
    } catch {
      return false
    }
  }
}
