import { access } from './access'
import type { Contract } from './contract'
import { discovery } from './discovery'
import { git } from './git'
import { iptables } from './iptables'
import { lock } from './lock'
import { nrpe } from './nrpe'
import { packages } from './package'
import { puppet } from './puppet'
import { puppetserver } from './puppetserver'
import { rpcutil } from './rpcutil'
import { service } from './service'

/** The contracts of Lockstep's own agents. */
export const contracts = {
  discovery,
  rpcutil,
  package: packages,
  service,
  nrpe,
  iptables,
  puppet,
  puppetserver,
  lock,
  git,
  access,
} as const satisfies Record<string, Contract>

/** Returns the contract of an agent; undefined where none is known. A call to such an agent is sent unchecked. */
export type ContractLookup = (agent: string) => Contract | undefined

/** Knows Lockstep's own agents, and no other. */
export const ownContractOf: ContractLookup = (agent) =>
  Object.hasOwn(contracts, agent) ? contracts[agent as keyof typeof contracts] : undefined

/** Returns a lookup that knows the agents of a team too. Lockstep's own stay what they are. */
export function contractsWith(team: ReadonlyMap<string, { readonly add: Contract }>): ContractLookup {
  return (agent) => ownContractOf(agent) ?? team.get(agent)?.add
}
