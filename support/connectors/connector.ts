/** Carries requests to hosts and their replies back; knows nothing of what is inside. */
export interface Connector {
  /** What finding one host among n costs the broker for each of the n, in bytes copied; 0 where it has an index. */
  readonly scanCost: number
  /** @throws LockstepError when no broker can be used */
  open(signal: AbortSignal): Promise<void>
  /** To every host of the collective that runs the agent. */
  broadcast(to: Address, message: Outgoing, signal: AbortSignal): Promise<void>
  /** To each of these hosts alone. */
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
  /** Seconds. */
  ttl: number
}

export interface ConnectorListener {
  /** `sender` is what the transport claims, unproven. `dropped` is the size of a body too large to be read. */
  message(message: { body: Buffer; sender?: string; dropped?: number }): void
  lost(reason: Error): void
  restored(): void
}
