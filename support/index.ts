/** The exports for a team's own repository: the profiles for its cucumber.js, and the World for its own steps. */
export { profiles } from './cucumber/profiles'
export type { ProfileOptions } from './preflight/profile_options'
export { LockstepWorld } from './cucumber/world'
export { expect } from './rollout/expectations'
export type { Rollout } from './rollout/rollout'
export type { Verdict } from './rollout/model/verdict'
export { count, describe, hasPassed } from './rollout/model/verdict'
export { LockstepError } from './system/errors'

export type {
  MakeBalancer,
  Member,
  MemberState,
  TeamBalancer as Balancer,
} from './balancers/team/team_balancer'
/** The behaviour of a balancer that a rollout relies on, for a team's own tests of its balancer. */
export { balancerCases } from './balancers/team/balancer_cases'
export type { BalancerCase, BalancerTrial } from './balancers/team/balancer_cases'

/** The types of code that a team adds by `extensions` of lockstep.yaml. */
export type { AgentDdl, Extension, MakeTeamAgent, TeamAgent } from './extensions/extension'
export type { AgentTools } from './agents/external/module_agent'
export type { ActionContract, Contract as AgentContract, InputRule } from './rpc/contracts/contract'
export type { Fault, Rule, Severity } from './lint/rule'
export type { FeatureTimeline, StepOccurrence } from './lint/feature_timeline'
export type { StepEffect } from './sentences/effects'
export type { Notification, TeamChannel as Channel, MakeChannel } from './notifications/team_channel'
export type { TeamOptions as Options } from './system/team_options'
