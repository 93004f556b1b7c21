import { clean } from '../../rollout/model/verdict'
import { LockstepError } from '../../system/errors'
import { redactNothing, type Redact } from '../../system/redaction'
import { command, placeOf, type RuntimeAddress } from './runtime'
import { readBackend, type BackendState } from './state'

const NAME = /^[A-Za-z0-9_.:-]+$/

/** One backend of one HAProxy, through its runtime socket. */
export class HaproxyBackend {
  constructor(
    private readonly address: RuntimeAddress,
    readonly backend: string,
    /** Milliseconds that an answer may take. */
    private readonly within: number,
    /**
     * Called before each order.
     * @throws Error where nothing may be changed
     */
    private readonly expectMayOrder: (what: string) => void = () => {},
    /** Removes secrets from HAProxy's texts. */
    private readonly redact: Redact = redactNothing,
  ) {
    expectName(backend)
  }

  /** Returns the name of the HAProxy for sentences. */
  get place(): string {
    return placeOf(this.address)
  }

  /**
   * Reads the state of the backend.
   * @throws LockstepError `balancer-failed` when its state cannot be known
   */
  async read(): Promise<BackendState> {
    const servers = await this.ask(`show servers state ${this.backend}`)
    const stat = await this.ask('show stat')
    try {
      return readBackend(this.backend, servers, stat, this.redact)
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      throw new LockstepError(error.code, `HAProxy at ${this.place}: ${this.redact(error.message)}`, {
        cause: error,
      })
    }
  }

  /**
   * Orders a state for a server and resolves with HAProxy's objection, if any. Silence does not mean that the order was
   * carried out: look.
   */
  async order(server: string, to: 'ready' | 'drain' | 'maint'): Promise<string | undefined> {
    expectName(server)
    this.expectMayOrder(`${to} of server ${server} to HAProxy at ${this.place}`)
    return this.tell(`set server ${this.backend}/${server} state ${to}`)
  }

  async cutSessions(server: string): Promise<string | undefined> {
    expectName(server)
    this.expectMayOrder(`shutdown of the sessions of ${server} to HAProxy at ${this.place}`)
    return this.tell(`shutdown sessions server ${this.backend}/${server}`)
  }

  private async tell(line: string): Promise<string | undefined> {
    const words = clean(this.redact(await this.ask(line)))
    return words === '' ? undefined : words
  }

  private ask(line: string): Promise<string> {
    return command(this.address, line, this.within)
  }
}

function expectName(name: string): void {
  if (!NAME.test(name))
    throw new LockstepError(
      'balancer-failed',
      `${JSON.stringify(clean(name))} is no name that HAProxy can have`,
    )
}
