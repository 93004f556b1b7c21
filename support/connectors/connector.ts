/** A carrier of requests to hosts and of their replies. Unaware of their contents. */
export interface Connector {
  /**
   * The broker's cost per host of finding one host among n, in bytes copied; 0 where the broker has an index, and
   * -Infinity where known hosts have to be asked one by one.
   */
  readonly scanCost: number
  /**
   * True where hosts may be on other brokers than this connection. A host whose broker is lost is away until it has found
   * another one, and this connection does not notice: what is sent meanwhile never reaches the host.
   */
  readonly hostsMayBeAway?: boolean
  /**
   * Opens the connection.
   * @throws LockstepError when no broker can be used
   */
  open(signal: AbortSignal): Promise<void>
  /** Sends to every host of the collective that runs the agent. */
  broadcast(to: Address, message: Outgoing, signal: AbortSignal): Promise<void>
  /** Sends to each of these hosts alone. */
  direct(to: Address, hosts: readonly string[], message: Outgoing, signal: AbortSignal): Promise<void>
  listen(listener: ConnectorListener): void
  close(): Promise<void>
}

export interface Address {
  collective: string
  agent: string
}

export interface Outgoing {
  body: Buffer
  /** Seconds that the message is valid. */
  ttl: number
  /** Throws where the message may not go out any more. Called right before it does, once a broker is there. */
  expectAllowed?: (() => void) | undefined
}

export interface ConnectorListener {
  /**
   * Called for each message. `sender` is the transport's claim, unproven. `dropped` is the size of a body too large to
   * be read.
   */
  message(message: { body: Buffer; sender?: string; dropped?: number }): void
  lost(reason: Error): void
  restored(): void
}
