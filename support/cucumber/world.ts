import { World } from '@cucumber/cucumber'
import type { Rollout } from '../rollout/rollout'

/**
 * What a step reaches through `this`: one rollout, its verbs by noun. A team's own World extends it. Unaware of how a
 * rollout is carried out.
 */
export class LockstepWorld<Parameters = unknown> extends World<Parameters> {
  private current: Rollout | undefined

  get rollout(): Rollout {
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
