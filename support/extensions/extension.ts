import type { MakeBalancer } from '../balancers/team/team_balancer'
import type { AgentTools } from '../agents/external/module_agent'
import type { Rule } from '../lint/rule'
import type { MakeChannel } from '../notifications/team_channel'
import type { Contract } from '../rpc/contracts/contract'

/** The code that a team adds to Lockstep from its own repository: the default export of a file of `extensions`. */
export interface Extension {
  /** Rules of the linter. */
  rules?: readonly Rule[]
  /** Load balancers, by the kind that features and lockstep.yaml call them. */
  balancers?: Readonly<Record<string, MakeBalancer>>
  /** Channels of notifications, by the name that lockstep.yaml calls them. */
  channels?: Readonly<Record<string, MakeChannel>>
  /** Agents of the hosts, by their names, as their files on the hosts export them. Only their contracts are read. */
  agents?: Readonly<Record<string, TeamAgent | MakeTeamAgent | AgentDdl>>
}

/** An agent that a team has on its hosts. The control host reads its contract, and calls none of its actions. */
export interface TeamAgent {
  contract: Contract
  actions?: unknown
}

/** Makes an agent with the tools that it gets: what the file of an agent on the hosts exports. */
export type MakeTeamAgent = (tools: AgentTools) => TeamAgent

/** The JSON DDL of one of Choria's external agents. Each of its actions counts as one that changes hosts. */
export interface AgentDdl {
  metadata: object
  actions: readonly object[]
}
