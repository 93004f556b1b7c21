import { World } from '@cucumber/cucumber'
import type { Rollout } from '../rollout/rollout'
import { RolloutCalls } from '../composition/rollout_calls'

/**
 * The World that a step reaches through `this`: one rollout, its verbs by noun. A team's own World extends it. It is
 * unaware of how a rollout is carried out.
 */
export class LockstepWorld<Parameters = unknown> extends World<Parameters> {
  /** The calls that the scenario has made to its rollout. */
  readonly rolloutCalls = new RolloutCalls()
  /** True once the code of the line has reached its rollout; the hook before each line sets it to `false`. */
  hasReachedRollout = false
  private current: Rollout | undefined

  get rollout(): Rollout {
    const rollout = this.unwatchedRollout
    this.hasReachedRollout = true
    return this.rolloutCalls.watch(rollout, (part) => isVerbs(rollout, part))
  }

  /** The rollout for the hooks that carry the scenario out, and go on when it is over. */
  get unwatchedRollout(): Rollout {
    if (this.current === undefined)
      throw new Error('the rollout is there from the first step of a scenario on, not before')
    return this.current
  }

  get hasBegun(): boolean {
    return this.current !== undefined
  }

  begin(rollout: Rollout): void {
    this.current = rollout
  }
}

/** Returns whether a part of a rollout asks hosts or their balancers something. */
function isVerbs(rollout: Rollout, part: object): boolean {
  const { hosts, waves, gates, traffic, packages, services, checks, puppet, agents } = rollout
  const { release, afterFailure, reach, analysis } = rollout
  const { pool } = traffic
  const verbs: ReadonlySet<object> = new Set<object>([hosts, waves, gates, traffic, pool, packages, services])
  const others: ReadonlySet<object> = new Set<object>([
    checks,
    analysis,
    puppet,
    agents,
    release,
    afterFailure,
    reach,
  ])
  return verbs.has(part) || others.has(part)
}
