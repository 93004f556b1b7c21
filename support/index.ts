/** The exports for a team's own repository: the profiles for its cucumber.js, and the World for its own steps. */
export { profiles } from './cucumber/profiles'
export type { ProfileOptions } from './preflight/profile_options'
export { LockstepWorld } from './cucumber/world'
export { expect } from './rollout/expectations'
export type { Rollout } from './rollout/rollout'
export type { Verdict } from './rollout/model/verdict'
export { count, describe, hasPassed } from './rollout/model/verdict'
export { LockstepError } from './system/errors'
