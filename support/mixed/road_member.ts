import type { Connector } from '../connectors/connector'
import type { ClientSecurity } from '../protocol/security/security'

/** One of several roads to the hosts of a fleet. */
export interface RoadMember {
  name: string
  connector: Connector
  security: ClientSecurity
  /** The collective of the hosts on it, and the identity of this client there. */
  collective: string
  identity: string
}
