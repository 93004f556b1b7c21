import type { MakeBalancer } from '../balancers/team/team_balancer'
import type { TeamRule } from '../lint/team_rule'
import type { MakeChannel } from '../notifications/team_channel'
import type { Contract } from '../rpc/contracts/contract'

/** All that the files of a team add. */
export interface Extensions {
  /** The files, as lockstep.yaml names them; empty where a team adds no code. */
  files: string[]
  rules: TeamRule[]
  /** The makers of balancers, by their kind. */
  balancers: Map<string, Added<MakeBalancer>>
  /** The makers of channels, by their name. */
  channels: Map<string, Added<MakeChannel>>
  /** The contracts of a team's agents, by the name of the agent. */
  agents: Map<string, Added<Contract>>
}

/** A thing that an extension adds under a name, and the file that does. */
export interface Added<T> {
  file: string
  add: T
}

/** Returns what is there where a team adds no code. */
export function noExtensions(): Extensions {
  return { files: [], rules: [], balancers: new Map(), channels: new Map(), agents: new Map() }
}
