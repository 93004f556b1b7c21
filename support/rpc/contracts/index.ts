import type { Contract } from './contract'
import { discovery } from './discovery'
import { iptables } from './iptables'
import { lock } from './lock'
import { nrpe } from './nrpe'
import { packages } from './package'
import { puppet } from './puppet'
import { rpcutil } from './rpcutil'
import { service } from './service'

/** The contracts of the agents that Lockstep knows. A call to any other agent is sent unchecked. */
export const contracts = {
  discovery,
  rpcutil,
  package: packages,
  service,
  nrpe,
  iptables,
  puppet,
  lock,
} as const satisfies Record<string, Contract>

export function contractOf(agent: string): Contract | undefined {
  return Object.hasOwn(contracts, agent) ? contracts[agent as keyof typeof contracts] : undefined
}
