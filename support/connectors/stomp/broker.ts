/** The address of a broker and the credentials for it. Certificates and keys are PEM texts, already read. */
export interface BrokerAddress {
  host: string
  port: number
  user?: string
  password?: string
  tls?: BrokerTls
}

export interface BrokerTls {
  /** Certificates of the authorities that are trusted; without them the system's. */
  ca?: string[]
  cert?: string
  key?: string
  /** False when any certificate is accepted: MCollective's `ssl.fallback`. */
  verify: boolean
}

export function brokerName(broker: BrokerAddress): string {
  return `${broker.host}:${broker.port}`
}
