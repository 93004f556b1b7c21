import { LockstepError } from '../../system/errors'
import type { SafeMode } from '../engine/executors'
import type { StepContext } from '../engine/step_context'
import type { Releases } from '../ports'

interface Activation {
  /** Returns the safe mode that the rollout is in; undefined where it is in none that can be left. */
  safeMode: () => SafeMode | undefined
}

/** The release that a rollout is for, whether it is for real, and what the history knows of it elsewhere. */
export class Release {
  private said: string | undefined

  constructor(
    private readonly step: StepContext,
    private readonly releases: Releases,
    private readonly activation: Activation,
  ) {}

  get name(): string | undefined {
    return this.said ?? this.releases.current
  }

  /** Names the release of the rollout. @throws LockstepError `bad-feature` when the run is for another */
  async isCalled(name: string): Promise<void> {
    this.expectToBe(name)
    if (this.said !== undefined) return
    this.said = name
    await this.step.append({ type: 'release', release: name })
  }

  /**
   * Turns safe mode off. A rollout that is not in safe mode is not changed by it.
   * @throws LockstepError `gate-closed` when the release has not been here in safe mode before
   */
  async activate(name: string): Promise<void> {
    await this.isCalled(name)
    const safeMode = this.activation.safeMode()
    if (safeMode === undefined) return
    if (!safeMode.isUnused)
      throw this.refused(
        'bad-feature',
        'lines have been gone through in safe mode already, or a gate or a verdict was let pass; activate it first thing in the Background',
      )
    if (this.releases.decides) await this.releases.catchUp?.()
    if (!this.releases.hasArrived(name))
      throw this.refused(
        'gate-closed',
        `release ${name} has not been here in safe mode yet; run it once without activating it`,
      )
    await this.step.append({ type: 'activated', release: name })
    safeMode.leave()
  }

  /** Expects the release to have passed in an environment. @throws LockstepError `gate-closed` */
  async shouldHavePassedIn(environment: string, name: string): Promise<void> {
    this.step.expectGoingOn()
    if (this.releases.decides) await this.releases.catchUp?.()
    this.step.executor.once(() => this.expectPassedIn(environment, name))
  }

  private expectPassedIn(environment: string, name: string): void {
    if (!this.releases.decides)
      return this.step.note(
        `not now: in a rollout, release ${name} would have to have passed in ${environment}`,
      )
    const standing = this.releases.passedIn(environment, name)
    if ('not' in standing)
      throw this.refused(
        'gate-closed',
        `by the history, release ${name} has not passed in ${environment}: ${standing.not}; roll it out there first`,
      )
    this.step.note(
      `release ${name} passed in ${environment} on ${standing.hosts} hosts (run ${standing.run}, ${standing.at})`,
    )
  }

  private expectToBe(name: string): void {
    if (this.name !== undefined && this.name !== name)
      throw this.refused('bad-feature', `this run is for release ${this.name}, and its feature says ${name}`)
  }

  private refused(code: 'bad-feature' | 'gate-closed', why: string): LockstepError {
    const error = new LockstepError(code, why)
    this.step.stopAt(error)
    return error
  }
}
